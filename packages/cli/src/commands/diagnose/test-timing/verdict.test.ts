import { describe, expect, it } from 'vitest';

import { type TimedProbe, timingOf } from './verdict.ts';

const late = (...errorsMs: number[]): TimedProbe[] =>
  errorsMs.map((errorMs, index) => ({
    endpoint: 'a',
    plannedAtMs: index * 60_000,
    startedAtMs: index * 60_000 + errorMs,
  }));

describe('timingOf', () => {
  it.each([
    { name: 'on time', probes: late(10, 20, 3_000), expected: 3, isOnTime: true },
    { name: 'late once', probes: late(10, 3_001, 10), expected: 3, isOnTime: false },
    { name: 'early', probes: late(-4_000), expected: 1, isOnTime: false },
    { name: 'one missing', probes: late(10, 10), expected: 3, isOnTime: false },
    { name: 'nothing was due', probes: [], expected: 0, isOnTime: true },
  ])('is right about probes: $name', ({ probes, expected, isOnTime }) => {
    expect(timingOf('a', probes, expected).isOnTime).toBe(isOnTime);
  });

  it('counts the probes of its endpoint only', () => {
    const others = late(9_000).map((probe) => ({ ...probe, endpoint: 'b' }));
    expect(timingOf('a', [...late(10, 20), ...others], 2)).toMatchObject({
      probes: 2,
      meanErrorMs: 15,
      maxErrorMs: 20,
    });
  });
});
