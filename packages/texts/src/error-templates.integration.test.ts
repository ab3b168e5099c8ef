/** Reads the sources to find errors without a translation. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { configProblems as zhConfigProblems } from './zh/config-problems.ts';
import { configValues as zhConfigValues } from './zh/config-values.ts';
import { errors as zhErrors } from './zh/errors.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ALL = ['packages/{cli,runtime,probes}/src/**/*.{ts,tsx}', 'services/*/src/**/*.ts'];
/** Only the configuration's; what services expect of programs is not translated. */
const OF_SCHEMA = ['packages/runtime/src/config/keys/*.ts'];

async function sources(files: readonly string[] = ALL): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const file of glob(files, { cwd: ROOT })) {
    if (!/\.test\.ts$|test-support/.test(file)) texts.push(readFileSync(join(ROOT, file), 'utf8'));
  }
  return texts;
}

/** Templates as `phrase` builds them; expressions in them contain no braces or nested templates. */
function templatesOf(text: string): readonly string[] {
  return [...text.matchAll(/\bphrase`((?:[^`\\]|\\.)*)`/g)].map(([, written = '']) => {
    let number = 0;
    return written.replaceAll('\\`', '`').replaceAll(/\$\{[^{}]*\}/g, () => {
      number += 1;
      return `{${number}}`;
    });
  });
}

/** Those of the config.toml schema have no values: zod takes plain strings. */
function expectationsOf(text: string): readonly string[] {
  return [...text.matchAll(/'expected ([^'\n]*)'/g)].map(([, expectation = '']) => expectation);
}

/** Words, or punctuation between values: Chinese has its own. */
const hasSomethingToTranslate = (template: string): boolean => /[a-z]{2}|\}; \{/.test(template);

/** Commands, which are the same in every language. */
const SAME = ['zephyr endpoint add <name> --url https://…'];

describe('errors of the command line', () => {
  it('have a Chinese translation each, with the same values, and none is left over', async () => {
    const templates = (await sources()).flatMap(templatesOf);
    const expectations = (await sources(OF_SCHEMA)).flatMap(expectationsOf);
    const said = new Set([...templates, ...expectations].filter(hasSomethingToTranslate));
    for (const same of SAME) said.delete(same);
    const chineseOf = { ...zhErrors, ...zhConfigProblems, ...zhConfigValues };
    expect(Object.keys(chineseOf).toSorted()).toEqual([...said].toSorted());
    const values = (text: string) => [...text.matchAll(/\{\d+\}/g)].map(String).toSorted();
    for (const [english, chinese] of Object.entries(chineseOf)) {
      expect(values(chinese), english).toEqual(values(english));
    }
  });

  it('are phrases or texts, never a sentence in the code', async () => {
    const sentences = (await sources()).flatMap((text) =>
      [...text.matchAll(/new ZephyrError\(\s*'(?!FENCED|RECORD)\w+',\s*(['`].*)/g)].map(
        ([, begins]) => begins,
      ),
    );
    expect(sentences).toEqual([]);
  });
});
