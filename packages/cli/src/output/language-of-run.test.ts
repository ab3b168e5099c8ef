import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { languageOfRun } from './language-of-run.ts';

const CHINESE_TERMINAL = { LANG: 'zh_CN.UTF-8' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-language-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the language of a run', () => {
  it.each([
    ['the terminal', [], CHINESE_TERMINAL, 'zh'],
    ['the option', ['--language', 'en'], CHINESE_TERMINAL, 'en'],
    ['the option in one word', ['--language=zh'], {}, 'zh'],
    ['nothing that says so', [], {}, 'en'],
    [
      'the terminal, not that of the words for another program',
      ['--', '--language', 'zh'],
      {},
      'en',
    ],
  ] as const)('is that of %s', (_, words, environment, language) => {
    const path = join(folder, 'none.toml');
    expect(languageOfRun(['--config', path, ...words], environment)).toBe(language);
  });

  it('is that of the configuration, even an invalid one, whatever the terminal’s', () => {
    const path = join(folder, 'config.toml');
    writeFileSync(path, '[ui]\nlanguage = "en"\n[server]\nport = "x"\n');
    expect(languageOfRun(['status', '--help', '--config', path], CHINESE_TERMINAL)).toBe('en');
    expect(languageOfRun(['--help'], { ...CHINESE_TERMINAL, ZEPHYR_CONFIG: path })).toBe('en');
    expect(languageOfRun(['--language=zh'], { ZEPHYR_CONFIG: path })).toBe('zh');
  });
});
