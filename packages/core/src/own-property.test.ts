import { describe, expect, it } from 'vitest';

import { only, own } from './own-property.ts';

describe('own', () => {
  it('finds own properties, but none that every object inherits', () => {
    const record: Readonly<Record<string, number>> = { a: 1 };
    expect([own(record, 'a'), own(record, 'b'), own(record, 'constructor')]).toEqual([
      ...[1, undefined, undefined],
    ]);
  });
});

describe('only', () => {
  it('drops other entries', () => {
    expect(only({ a: 1, b: 2 }, new Set(['b', 'c']))).toEqual({ b: 2 });
  });
});
