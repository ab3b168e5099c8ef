import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { errorText } from './error-text.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-errors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const why = phrase`another program has it`;
const error = new ZephyrError('PORT_IN_USE', phrase`port ${1} for ${'x'} is not free: ${why}`, {
  advice: [phrase`say which one: --port ${7}`, 'as it is'],
});
const english =
  'port 1 for x is not free: another program has it\n  say which one: --port 7\n  as it is';
const chinese = 'x 的端口 1 不可用：被其他程序占用\n  请指定其中一个：--port 7\n  as it is';

describe('errors', () => {
  it.each([
    ['the terminal', [], { LANG: 'zh_CN.UTF-8' }, chinese],
    ['the option', ['--language', 'en'], { LANG: 'zh_CN.UTF-8' }, english],
    ['the option in one word', ['--language=zh'], {}, chinese],
    ['nothing that says so', [], {}, english],
  ] as const)('are said in the language of %s', (_, words, environment, text) => {
    const path = join(folder, 'none.toml');
    expect(errorText(error, [...words, '--config', path], environment)).toBe(text);
  });

  it('are said in the language of the configuration, also of a wrong one', () => {
    const path = join(folder, 'config.toml');
    writeFileSync(path, '[ui]\nlanguage = "zh"\n[server]\nport = "x"\n');
    expect(errorText(error, ['--config', path], {})).toBe(chinese);
    expect(errorText(error, [], { ZEPHYR_CONFIG: path })).toBe(chinese);
  });

  it('of something else are what they say', () => {
    expect(errorText(new Error('odd'), [], { LANG: 'zh_CN.UTF-8' })).toBe('odd');
    expect(error.message).toBe('port 1 for x is not free: another program has it');
  });
});
