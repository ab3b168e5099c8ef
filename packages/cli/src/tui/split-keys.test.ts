import { expect, it } from 'vitest';

import { keysOf } from './split-keys.ts';

it.each<[Parameters<typeof keysOf>[1], string, readonly string[]]>([
  [{ upArrow: true }, '', ['up']],
  [{ downArrow: true }, '', ['down']],
  [{ return: true }, '\r', ['enter']],
  [{ escape: true }, '', ['escape']],
  [{ ctrl: true }, 'c', ['interrupt']],
  [{ ctrl: true }, 'a', []],
  [{}, 'm', ['m']],
])('the key %j %j is %j', (key, input, keys) => {
  expect(keysOf(input, key)).toEqual(keys);
});

it('loses no key of several that arrive together', () => {
  expect(keysOf('pm\r\n\u001bé🚀\u0003', {})).toEqual([
    ...['p', 'm', 'enter', 'enter', 'escape', 'é', '🚀', 'interrupt'],
  ]);
});
