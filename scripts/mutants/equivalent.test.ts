import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { EQUIVALENT, isInPlace } from './equivalent.ts';
import { mutateLua } from './lua.ts';
import { type Mutant, mutate, titleOf } from './mutate.ts';
import { ROOMS } from './rooms.ts';

const root = join(import.meta.dirname, '../..');

function allMutants(): readonly Mutant[] {
  return ROOMS.flatMap(({ sources, scripts = [] }) => [
    ...globSync([...sources], { cwd: root })
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => mutate(file, readFileSync(join(root, file), 'utf8'), 0).mutants),
    ...scripts.flatMap((file) => mutateLua(file, readFileSync(join(root, file), 'utf8'), 0)),
  ]);
}

it('each mutant that is excused exists', () => {
  const mutants = allMutants();
  const stale = EQUIVALENT.flatMap((known) => {
    const titles = new Set(mutants.filter((one) => isInPlace(one, known)).map(titleOf));
    const missing = known.titles?.filter((title) => !titles.has(title)) ?? [];
    return titles.size === 0 ? [known] : missing.map((title) => ({ ...known, titles: [title] }));
  });
  expect(stale).toEqual([]);
});
