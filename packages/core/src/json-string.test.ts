import { describe, expect, it } from 'vitest';

import { decodedName, plainEnd, unescaped } from './json-string.ts';

describe('plainEnd', () => {
  it.each([
    ['abc"d', 0, 3],
    ['"', 0, 0],
    // The backslash is before the string.
    ['\\"', 1, 1],
    ['ab\\"c"', 0, -1],
    ['abc', 0, -1],
    ['a"b"', 2, 3],
  ])('of %j from %i: %i', (text, from, end) => {
    expect(plainEnd(text, from)).toBe(end);
  });
});

describe('decodedName', () => {
  it.each([
    ['type', 'type'],
    ['t\\u0079pe', 'type'],
    // Other bytes stay as they are: only an escape is resolved.
    ['\u00e4', '\u00e4'],
    ['\\x', ''],
  ])('%j is %j', (raw, name) => {
    expect(decodedName(raw)).toBe(name);
  });
});

describe('unescaped', () => {
  it.each([
    ['plain', 'plain'],
    ['a\\"b', 'a"b'],
    ['\u00c3\u00a4\\n', '\u00e4\n'],
    ['\u00e4\u4e2d\\n', '\u00e4\u4e2d\n'],
    ['\u00ef\u00bb\u00bfa', '\ufeffa'],
    ['\\', ''],
  ])('%j is %j', (raw, text) => {
    expect(unescaped(raw)).toBe(text);
  });
});
