import type { TrendPoint } from '@zephyr/contract/history/rollup';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { availabilityOf, availabilityTone } from './availability-bars.ts';
import { latencyLines, switchBars, switchCounts } from './history-data.ts';

const NOON_MS = 20_000 * DAY_MS + 12 * HOUR_MS;

function point(fromAtMs: number, availableMs: number, medianMs: number | null = null): TrendPoint {
  const attempts = {
    ...{ succeeded: 1, failed: 0 },
    latency: medianMs === null ? null : { medianMs, p95Ms: 2 * medianMs },
  };
  return {
    fromAtMs,
    switches: { failure: 1, latency: 2, operator: 0 },
    endpoints: [
      {
        ...{ endpointId: 'one', observedMs: HOUR_MS, availableMs },
        ...{ availableRatio: availableMs / HOUR_MS, probesUsd: 0 },
        ...{ probes: attempts, requests: { ...attempts, latency: null } },
      },
    ],
  };
}

describe('the page of history', () => {
  it('has a bar for each hour of a day, even without data', () => {
    const points = [point(NOON_MS - HOUR_MS, HOUR_MS), point(NOON_MS, HOUR_MS / 2)];
    const range = { sinceAtMs: NOON_MS - 2 * HOUR_MS, untilAtMs: NOON_MS + 1_000, points };
    expect(availabilityOf(range, ['one', 'new'])).toEqual([
      {
        endpointId: 'one',
        ratio: 0.75,
        bars: [
          { fromAtMs: NOON_MS - 2 * HOUR_MS, ratio: null },
          { fromAtMs: NOON_MS - HOUR_MS, ratio: 1 },
          { fromAtMs: NOON_MS, ratio: 0.5 },
        ],
      },
      {
        endpointId: 'new',
        ratio: null,
        bars: [NOON_MS - 2 * HOUR_MS, NOON_MS - HOUR_MS, NOON_MS].map((fromAtMs) => ({
          ...{ fromAtMs, ratio: null },
        })),
      },
    ]);
  });

  it('has a bar for each day (UTC) of more than a day, of hours or of days', () => {
    const points = [point(NOON_MS - DAY_MS, 0), point(NOON_MS - DAY_MS + HOUR_MS, HOUR_MS)];
    const range = { sinceAtMs: NOON_MS - 2 * DAY_MS, untilAtMs: NOON_MS, points };
    const [row] = availabilityOf(range, ['one']);
    expect(row?.bars.map(({ ratio }) => ratio)).toEqual([null, 0.5, null]);
    const bars = switchBars({ unit: 'hour', ...range });
    expect(bars.map(({ latency }) => latency)).toEqual([0, 4, 0]);
    expect(switchCounts(points)).toEqual({ failure: 2, latency: 4, operator: 0 });
  });

  it.each([
    [null, 'none'],
    [1, 'good'],
    [0.999, 'good'],
    [0.99, 'warn'],
    [0.95, 'warn'],
    [0.9, 'bad'],
  ] as const)('colours %s as %s', (ratio, tone) => {
    expect(availabilityTone(ratio)).toBe(tone);
  });

  it('draws the medians, with gaps if there are none', () => {
    const points = [point(NOON_MS, 1, 400), point(NOON_MS + HOUR_MS, 1)];
    expect(latencyLines({ points }, ['one', 'new'], 'probes').columns).toEqual([
      [NOON_MS / 1000, NOON_MS / 1000 + 3_600],
      [400, null],
      [null, null],
    ]);
    expect(latencyLines({ points }, ['one'], 'requests').columns[1]).toEqual([null, null]);
  });
});
