import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { EXCLUDED } from './excluded.ts';
import { mutate } from './mutate.ts';
import { ROOMS, scriptsOf, sourcesOf } from './rooms.ts';

const root = join(import.meta.dirname, '../..');

/** `a/{b,c}.ts` is two patterns: `glob` is silent about a name of a list that is gone. */
function namesIn(pattern: string): readonly string[] {
  const [, before = '', list, after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(pattern) ?? [];
  if (list === undefined) return [pattern];
  return list.split(',').flatMap((name) => namesIn(`${before}${name}${after}`));
}

it.each(
  ROOMS.map(
    ({ name, sources, tests, scripts = [] }) => [name, [...sources, ...tests, ...scripts]] as const,
  ),
)('each file that the room %s names is there', (_, patterns) => {
  const missing = patterns.flatMap(namesIn).filter((name) => {
    return globSync(name, { cwd: root }).length === 0;
  });
  expect(missing).toEqual([]);
});

it('each file with decisions is in a room, or excluded with a reason', () => {
  const inRooms = new Set(ROOMS.flatMap((room) => sourcesOf(room, root)));
  const folders = '{packages/core/src,services/proxy/src,services/controller/src/{leader,view}}';
  const decides = (file: string) =>
    mutate(file, readFileSync(join(root, file), 'utf8'), 0).mutants.length > 0;
  const missing = sourcesOf({ sources: [`${folders}/**/*.ts`] }, root).filter(
    (file) => !inRooms.has(file) && decides(file),
  );
  expect(missing).toEqual([]);
});

it('each file that is excluded is there, and decides something', () => {
  const stale = [...EXCLUDED.keys()].filter((file) => {
    const path = join(root, file);
    return !existsSync(path) || mutate(file, readFileSync(path, 'utf8'), 0).mutants.length === 0;
  });
  expect(stale).toEqual([]);
});

it('each Lua script is in a room', () => {
  const inRooms = ROOMS.flatMap((room) => scriptsOf(room, root));
  expect(globSync('**/*.lua', { cwd: root, exclude: ['**/node_modules'] }).sort()).toEqual(
    inRooms.toSorted(),
  );
});
