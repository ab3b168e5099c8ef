import { describe, expect, it } from 'vitest';

import { parsedJson } from './parsed-json.ts';

describe('parsedJson', () => {
  it.each([
    ['{"a":[1]}', { a: [1] }],
    ['null', null],
    ['', undefined],
    ['{"a":', undefined],
    ['undefined', undefined],
  ])('%s: %j', (text, value) => {
    expect(parsedJson(text)).toEqual(value);
  });
});
