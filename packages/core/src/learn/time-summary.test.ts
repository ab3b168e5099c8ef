import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { median, medianDeviation, summaryOf, weightedMedian } from './time-summary.ts';

/** Without negative zero, which equals zero but is not identical. */
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
const some = fc.array(number, { minLength: 1, maxLength: 40 });

describe('median', () => {
  it.each([
    { values: [3], middle: 3 },
    { values: [9, 1, 5], middle: 5 },
    { values: [4, 1, 3, 2], middle: 2 },
    { values: [10, 9, 100], middle: 10 },
  ])('of $values is $middle', ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  it('has at least half of the values on each side', () => {
    fc.assert(
      fc.property(some, (values) => {
        const middle = median(values);
        const half = values.length / 2;
        expect(values.filter((value) => value <= middle).length).toBeGreaterThanOrEqual(half);
        expect(values.filter((value) => value >= middle).length).toBeGreaterThanOrEqual(half);
      }),
    );
  });

  it('is the weighted one if all weights are equal', () => {
    fc.assert(
      fc.property(some, (values) => {
        const weighted = values.map((value) => ({ value, weight: 1 }));
        expect(median(values)).toBe(weightedMedian(weighted));
      }),
    );
  });

  it('rejects an empty list', () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => weightedMedian([])).toThrow(RangeError);
  });
});

describe('summaryOf', () => {
  it('has the last time, the mean, the 95th percentile and all of them', () => {
    const times = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(summaryOf(times)).toEqual({ lastMs: 1, meanMs: 11, p95Ms: 19, historyMs: times });
    expect(summaryOf([])).toBeNull();
  });
});

describe('weightedMedian', () => {
  it('follows the weight', () => {
    expect(weightedMedian([1, 2, 3].map((value) => ({ value, weight: value === 3 ? 9 : 1 })))).toBe(
      3,
    );
  });
});

describe('medianDeviation', () => {
  it('is the median distance', () => {
    expect(medianDeviation([1, 5, 9], 5)).toBe(4);
  });
});
