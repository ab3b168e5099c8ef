import { describe, expect, it } from 'vitest';

import { type TimedCheck, timingOf } from './verdict.ts';

const late = (...errorsMs: number[]): TimedCheck[] =>
  errorsMs.map((errorMs, index) => ({
    endpoint: 'a',
    plannedAtMs: index * 60_000,
    startedAtMs: index * 60_000 + errorMs,
  }));

describe('timingOf', () => {
  it.each([
    { name: 'on time', checks: late(10, 20, 3_000), expected: 3, isOnTime: true },
    { name: 'late once', checks: late(10, 3_001, 10), expected: 3, isOnTime: false },
    { name: 'early', checks: late(-4_000), expected: 1, isOnTime: false },
    { name: 'one missing', checks: late(10, 10), expected: 3, isOnTime: false },
    { name: 'nothing was due', checks: [], expected: 0, isOnTime: true },
  ])('is right about checks: $name', ({ checks, expected, isOnTime }) => {
    expect(timingOf('a', checks, expected).isOnTime).toBe(isOnTime);
  });

  it('counts the checks of its endpoint only', () => {
    const others = late(9_000).map((check) => ({ ...check, endpoint: 'b' }));
    expect(timingOf('a', [...late(10, 20), ...others], 2)).toMatchObject({
      checks: 2,
      meanErrorMs: 15,
      maxErrorMs: 20,
    });
  });
});
