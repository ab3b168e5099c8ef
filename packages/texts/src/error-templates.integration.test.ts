/** Reads the sources: an error that is said in one language only is found here. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { errors as zhErrors } from './zh/errors.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = ['packages/cli', 'packages/runtime', 'packages/probes'];

async function sources(): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const file of glob(
    FOLDERS.map((folder) => `${folder}/src/**/*.{ts,tsx}`),
    { cwd: ROOT },
  )) {
    if (!/\.test\.ts$|test-support/.test(file)) texts.push(readFileSync(join(ROOT, file), 'utf8'));
  }
  return texts;
}

/** As `phrase` makes them; an expression in one has no braces and no templates of its own. */
function templatesOf(text: string): readonly string[] {
  return [...text.matchAll(/\bphrase`([^`]*)`/g)].map(([, written = '']) => {
    let number = 0;
    return written.replaceAll(/\$\{[^{}]*\}/g, () => {
      number += 1;
      return `{${number}}`;
    });
  });
}

/** Commands, which are the same in every language. */
const SAME = ['zephyr endpoint add <name> --url https://…'];

describe('errors of the command line', () => {
  it('are said in Chinese too, each with the same values, and none is left over', async () => {
    const said = new Set(
      (await sources()).flatMap(templatesOf).filter((each) => /[a-z]{2}/.test(each)),
    );
    for (const same of SAME) said.delete(same);
    expect(Object.keys(zhErrors).toSorted()).toEqual([...said].toSorted());
    const values = (text: string) => [...text.matchAll(/\{\d+\}/g)].map(String).toSorted();
    for (const [english, chinese] of Object.entries(zhErrors)) {
      expect(values(chinese), english).toEqual(values(english));
    }
  });

  it('are phrases or texts, never a sentence in the code', async () => {
    const sentences = (await sources()).flatMap((text) =>
      [...text.matchAll(/new ZephyrError\(\s*'\w+',\s*(['`].*)/g)].map(([, begins]) => begins),
    );
    expect(sentences).toEqual([]);
  });
});
