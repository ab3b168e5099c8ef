import { globSync } from 'node:fs';
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
