import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  type CostPace,
  NO_COST_PACE,
  projectedUsd,
  usdPerHour,
  withSpent,
} from './cost-forecast.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MIDNIGHT = 20_000 * 24 * HOUR;

/** A cent per minute over some minutes, which end at a moment of the day. */
function steady(minutes: number, untilMs: number): CostPace {
  let pace: CostPace = NO_COST_PACE;
  for (let ago = minutes - 1; ago >= 0; ago -= 1) {
    pace = withSpent(pace, 0.01, epochMs(MIDNIGHT + untilMs - ago * MINUTE));
  }
  return pace;
}

describe('projectedUsd', () => {
  const start = withSpent(NO_COST_PACE, 0.01, epochMs(MIDNIGHT + 12 * HOUR));

  it.each([
    { name: 'nothing was spent', pace: NO_COST_PACE, todayUsd: 0, atMs: 12 * HOUR, usd: 0 },
    {
      name: 'noon, after hours at the same rate',
      ...{ pace: steady(300, 12 * HOUR), todayUsd: 7.2, atMs: 12 * HOUR, usd: 14.4 },
    },
    {
      name: 'half an hour after a start in the evening: not the whole day at this rate',
      ...{
        pace: steady(30, 23 * HOUR),
        todayUsd: 0.3,
        atMs: 23 * HOUR,
        usd: 0.3 + 0.6 * (30 / 29),
      },
    },
    {
      name: 'the first moment after a start: the burst is not the rate',
      ...{ pace: start, todayUsd: 0.01, atMs: 12 * HOUR, usd: 0.01 + 0.12 * 12 },
    },
    {
      name: 'midnight UTC: the previous hour shows the rate',
      ...{ pace: steady(120, 24 * HOUR), todayUsd: 0, atMs: 24 * HOUR, usd: 14.4 },
    },
    {
      name: 'a moment before midnight: what was spent',
      ...{ pace: steady(120, 24 * HOUR - 1), todayUsd: 9, atMs: 24 * HOUR - 1, usd: 9 },
    },
    {
      name: 'a quiet night after a busy day',
      ...{ pace: steady(300, 18 * HOUR), todayUsd: 3, atMs: 22 * HOUR, usd: 3 },
    },
    {
      name: 'half an hour after the last request: half of the last hour was busy',
      ...{ pace: steady(300, 18 * HOUR), todayUsd: 3, atMs: 18.5 * HOUR, usd: 3 + 0.3 * 5.5 },
    },
  ])('$name', ({ pace, todayUsd, atMs, usd }) => {
    expect(projectedUsd(todayUsd, pace, epochMs(MIDNIGHT + atMs))).toBeCloseTo(usd, 4);
  });

  it('is never less than what was spent', () => {
    const spent = fc.array(
      fc.record({ afterMs: fc.nat(HOUR), usd: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(spent, fc.nat(24 * HOUR), (costs, laterMs) => {
        let [pace, atMs, sum]: [CostPace, number, number] = [NO_COST_PACE, MIDNIGHT, 0];
        for (const { afterMs, usd } of costs) {
          atMs += afterMs;
          sum += usd;
          pace = withSpent(pace, usd, epochMs(atMs));
        }
        expect(projectedUsd(sum, pace, epochMs(atMs + laterMs))).toBeGreaterThanOrEqual(sum);
        expect(pace.minutes.length).toBeLessThanOrEqual(60);
      }),
    );
  });
});

describe('withSpent', () => {
  it('adds up spending within one minute', () => {
    const first = withSpent(steady(3, HOUR), 0.01, epochMs(MIDNIGHT + HOUR + 1));
    const cents = (pace: CostPace) => pace.minutes.map(({ usd }) => Math.round(usd * 100));
    expect(cents(first)).toEqual([1, 1, 2]);
    expect(cents(withSpent(first, 0.03, epochMs(MIDNIGHT + HOUR + 2)))).toEqual([1, 1, 5]);
  });

  it('does not change if nothing was spent', () => {
    const pace = steady(3, HOUR);
    expect(withSpent(pace, 0, epochMs(MIDNIGHT + HOUR))).toBe(pace);
  });
});

describe('usdPerHour', () => {
  it('is 0 if nothing is spent', () => {
    const idle = withSpent(NO_COST_PACE, 0, epochMs(MIDNIGHT));
    const later = withSpent(idle, 0.01, epochMs(MIDNIGHT + HOUR));
    expect(usdPerHour(later, epochMs(MIDNIGHT + HOUR))).toBeCloseTo(0.01);
    expect(usdPerHour(later, epochMs(MIDNIGHT + 2 * HOUR))).toBe(0);
  });
});
