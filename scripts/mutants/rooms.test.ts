import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { ROOMS } from './rooms.ts';

const root = join(import.meta.dirname, '../..');

/** `a/{b,c}.ts` is two patterns: `glob` is silent about a name of a list that is gone. */
function namesIn(pattern: string): readonly string[] {
  const [, before = '', list, after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(pattern) ?? [];
  if (list === undefined) return [pattern];
  return list.split(',').flatMap((name) => namesIn(`${before}${name}${after}`));
}

it.each(ROOMS.map(({ name, sources, tests }) => [name, [...sources, ...tests]] as const))(
  'each file that the room %s names is there',
  (_, patterns) => {
    const missing = patterns.flatMap(namesIn).filter((name) => {
      return globSync(name, { cwd: root }).length === 0;
    });
    expect(missing).toEqual([]);
  },
);

const SHOWS = 'shows figures or writes log lines; no request depends on it';
const WITH_REDIS =
  'tested with Redis as well, in its integration tests, which the room does not run';
const OVER_SOCKETS =
  'half of its rules are tested over real connections, in close and access.integration.test.ts';

/** Files of the proxy that have a unit test but are in no room, with the reason. */
const IN_NO_ROOM: Readonly<Record<string, string>> = {
  'people-limits/people-limits.ts': WITH_REDIS,
  'report/budget-metrics.ts': SHOWS,
  'report/failed-request-log.ts': SHOWS,
  'report/status-json.ts': SHOWS,
  'report/tallied-histogram.ts': SHOWS,
  'report/usage-metrics.ts': SHOWS,
  'server/connections.ts': OVER_SOCKETS,
  'usage/accounting.ts': WITH_REDIS,
  'usage/usage-file.ts': WITH_REDIS,
  'usage/usage-writer.ts': WITH_REDIS,
};

it('each file of the proxy with a unit test of its own is in a room, or listed with a reason', () => {
  const proxy = 'services/proxy/src';
  const tested = globSync(`${proxy}/**/*.test.ts`, { cwd: root })
    .filter((name) => !name.endsWith('.integration.test.ts'))
    .map((name) => name.replace(/\.test\.ts$/, '.ts'))
    .filter((name) => existsSync(join(root, name)));
  const inRooms = new Set(
    ROOMS.flatMap(({ sources }) => sources).flatMap((pattern) => globSync(pattern, { cwd: root })),
  );
  const missing = tested.filter((name) => !inRooms.has(name));
  expect(missing.sort()).toEqual(Object.keys(IN_NO_ROOM).map((name) => `${proxy}/${name}`));
});
