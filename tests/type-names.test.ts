/** One name for one type: a name that means two things sends a reader to the wrong file. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const EXPORTED = /^export (?:abstract )?(?:interface|type|class) (\w+)/gm;

const isProduct = (path: string) => !/\.test\.ts$|test-support|node_modules/.test(path);

it('no two files export a type of the same name', () => {
  const files = globSync('{packages,services}/*/src/**/*.{ts,tsx}', { cwd: ROOT }).filter(
    isProduct,
  );
  const declared = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORTED)].map(([, name]) => ({
      name,
      file,
    })),
  );
  expect(declared.length).toBeGreaterThan(300);
  const twice = [...Map.groupBy(declared, ({ name }) => name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name}: ${places.map(({ file }) => file).join(', ')}`);
  expect(twice).toEqual([]);
});
