/** Measurements quoted in the READMEs match the document that the measurement wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { inChinese } from '../bench/peers/table.ts';

const textOf = (path: string): string =>
  readFileSync(join(import.meta.dirname, '..', path), 'utf8');

/** The lines between the mark of `make bench-peers` and its end. */
function quotedIn(path: string): readonly string[] {
  const [, after = ''] = textOf(path).split('<!-- written by: make bench-peers -->');
  const [part = ''] = after.split('<!-- end -->');
  return part.split('\n').filter((line) => line.startsWith('- '));
}

it('README quotes docs/comparison.md word for word', () => {
  const lines = textOf('docs/comparison.md').split('\n');
  for (const line of quotedIn('README.md')) expect(lines).toContain(line);
});

it('README.zh.md has the same figures, in Chinese', () => {
  const cellsOf = (line: string): string => line.slice(line.search(/[:：] ?Zephyr/));
  const english = quotedIn('README.md').map(cellsOf);
  expect(quotedIn('README.zh.md').map(cellsOf)).toEqual(english.map(inChinese));
});
