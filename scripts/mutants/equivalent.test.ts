import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { EQUIVALENT, isInPlace } from './equivalent.ts';
import { mutateLua } from './lua.ts';
import { type Mutant, mutate, titleOf } from './mutate.ts';
import { ROOMS, scriptsOf, sourcesOf } from './rooms.ts';

const root = join(import.meta.dirname, '../..');

function allMutants(): readonly Mutant[] {
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
  return ROOMS.flatMap((room) => [
    ...sourcesOf(room, root).flatMap((file) => mutate(file, textOf(file), 0).mutants),
    ...scriptsOf(room, root).flatMap((file) => mutateLua(file, textOf(file), 0)),
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
