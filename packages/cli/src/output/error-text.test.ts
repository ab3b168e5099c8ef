import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { expect, it } from 'vitest';

import { errorText } from './error-text.ts';

const why = phrase`another program is using it`;
const error = new ZephyrError('PORT_IN_USE', phrase`port ${1} for ${'x'} is not free: ${why}`, {
  advice: [phrase`name one of them: --port ${7}`, 'as it is'],
});

it.each([
  [
    'en',
    'port 1 for x is not free: another program is using it\n  name one of them: --port 7\n  as it is',
  ],
  ['zh', 'x 的端口 1 不可用：被其他程序占用\n  请指定其中一个：--port 7\n  as it is'],
] as const)('an error is reported in the language of the run: %s', (language, text) => {
  expect(errorText(error, language)).toBe(text);
});

it('a foreign error keeps its own message', () => {
  expect(errorText(new Error('odd'), 'zh')).toBe('odd');
  expect(error.message).toBe('port 1 for x is not free: another program is using it');
});
