import { globSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

it('no page names an address of ours from the root: a front may serve it under a path', () => {
  const files = globSync('**/*.{ts,tsx}', { cwd: import.meta.dirname }).filter(
    (file) => !file.includes('.test.'),
  );
  expect(files.length).toBeGreaterThan(10);
  const rooted = files.filter((file) =>
    /['"`]\/(api|events|status|assets)\b/.test(
      readFileSync(`${import.meta.dirname}/${file}`, 'utf8'),
    ),
  );
  expect(rooted).toEqual([]);
});
