import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sift } from './sift-bad-records.ts';

const sumOf = (items: readonly number[]) => {
  if (items.some((item) => item < 0)) throw new Error('negative');
  return items.reduce((sum, item) => sum + item, 0);
};

describe('sift', () => {
  it('leaves out exactly the items that fail on their own', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 })), (items) => {
        const { result, setAside } = sift(items, sumOf);
        expect(result).toBe(sumOf(items.filter((item) => item >= 0)));
        expect(setAside.map(({ item }) => item)).toEqual(items.filter((item) => item < 0));
      }),
    );
  });

  it('tries the items together once if nothing fails', () => {
    let tries = 0;
    sift([1, 2, 3], () => {
      tries += 1;
    });
    expect(tries).toBe(1);
  });

  it('throws if no item is to blame', () => {
    expect(() =>
      sift([1, 2], (items) => {
        if (items.length > 1) throw new Error('together');
      }),
    ).toThrow('together');
  });
});
