/** Reads the sources to find unused texts. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { catalogue } from './catalogue.ts';

const ROOT = join(import.meta.dirname, '../../..');

it('has no text that no screen and no command uses', async () => {
  const sources: string[] = [];
  for (const folder of ['packages/texts', 'packages/dashboard', 'packages/cli', 'services/proxy']) {
    for await (const file of glob(`${folder}/src/**/*.{ts,tsx}`, { cwd: ROOT })) {
      if (/\.test\.ts$|src\/(en|zh)\//.test(file)) continue;
      sources.push(readFileSync(join(ROOT, file), 'utf8'));
    }
  }
  const code = sources.join('\n');
  // `area.${…}` uses every key of the area; anything else must be named.
  const areas = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{[^}]+\}(\.[a-z]+)?`/g)].map(
    ([, before = '', after = '']) => ({ before, after }),
  );
  const isUsed = (key: string) =>
    code.includes(`'${key}'`) ||
    areas.some(({ before, after }) => key.startsWith(before) && key.endsWith(after));
  expect(Object.keys(catalogue.en).filter((key) => !isUsed(key))).toEqual([]);
});
