import type { Decision } from '@zephyr/contract/decide/decision';
import { rollupSchema } from '@zephyr/contract/history/rollup';
import { MINUTE_MS } from '@zephyr/contract/units';
import { epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import {
  dueRollups,
  latencyBucket,
  NOTHING_ROLLED_UP,
  percentileOf,
  type RolledUp,
  type Rollups,
  trendPointOf,
  withRolledUp,
} from './rollup.ts';

const NOON_MS = 20_000 * 86_400_000 + 43_200_000;
const after = (before: Rollups | null, batch: Partial<RolledUp>, atMs: number = NOON_MS) =>
  withRolledUp(before, { ...NOTHING_ROLLED_UP, ...batch }, epochMs(atMs));

const probe = (verdict: object) =>
  ({ endpointId: 'one', verdict, costUsd: 0.25 }) as unknown as RolledUp['probes'][number];
const good = probe({ status: 'ok', latencyMs: 400 });
const failed = (failure: string) => probe({ status: 'failed', failure });
const switched = (reason: string, toId = 'two', phase = 'switched') =>
  ({ phase, reason, fromId: 'one', toId }) as unknown as Decision;

describe('the rollup of an hour', () => {
  it('adds up probes, requests and what probes cost', () => {
    const outcomes = [
      {
        proxyId: 'p',
        endpoints: {
          one: { succeeded: 2, failed: { reset: 3 }, ttft: [{ class: 'x', ms: 900 }] },
        },
      },
    ];
    const { hour } = after(after(null, { probes: [good, failed('reset')] }), { outcomes });
    expect(rollupSchema.parse(hour)).toEqual(hour);
    expect(hour.endpoints['one']).toMatchObject({
      probes: { succeeded: 1, failed: 1, latencies: [[latencyBucket(400), 1]] },
      requests: { succeeded: 2, failed: 3, latencies: [[latencyBucket(900), 1]] },
      probesUsd: 0.5,
    });
  });

  it('does not blame an endpoint for trouble on our own machine', () => {
    const { hour } = after(null, { probes: [failed('cli_missing')] });
    expect(hour.endpoints['one']?.probes.failed).toBe(0);
  });

  it('counts the time in which enabled endpoints were available, without long gaps', () => {
    const batch = { enabledIds: ['one', 'two'], unavailableIds: ['two', 'off'] };
    const first = after(null, { ...batch, elapsedMs: 1_000 });
    const { endpoints } = after(first, { ...batch, elapsedMs: 600_000 }).hour;
    expect(endpoints['one']).toMatchObject({ observedMs: 11_000, availableMs: 11_000 });
    expect(endpoints['two']).toMatchObject({ observedMs: 11_000, availableMs: 0 });
    expect(endpoints['off']).toBeUndefined();
  });

  it('counts switches by cause, and does not count decisions that change nothing', () => {
    const decisions = [
      ...['active_failed', 'pinned_failed', 'faster', 'operator_pinned'].map((reason) =>
        switched(reason),
      ),
      switched('nothing_available', 'one'),
      switched('recovered', 'one'),
      switched('faster', 'two', 'planned'),
    ];
    const { hour } = after(null, { decisions });
    expect(hour.switches).toEqual({ failure: 2, latency: 1, operator: 1 });
  });

  it('restarts with each hour, while that of the day continues', () => {
    const first = after(null, { probes: [good] });
    const next = after(first, { probes: [good] }, NOON_MS + 60 * MINUTE_MS);
    expect(next.hour.endpoints['one']?.probes.succeeded).toBe(1);
    expect(next.day.endpoints['one']?.probes.succeeded).toBe(2);
  });
});

describe('due rollups', () => {
  const first = after(null, { probes: [good] });
  it.each([
    ['the first ever', null, first, [NOON_MS], [NOON_MS - 43_200_000]],
    ['nothing within a minute', first, after(first, {}, NOON_MS + 59_000), [], []],
    [
      'the present ones each minute',
      first,
      after(first, {}, NOON_MS + MINUTE_MS),
      [NOON_MS],
      [NOON_MS - 43_200_000],
    ],
    [
      'what has ended, once more',
      first,
      after(first, {}, NOON_MS + 60 * MINUTE_MS),
      [NOON_MS, NOON_MS + 60 * MINUTE_MS],
      [NOON_MS - 43_200_000],
    ],
  ])('is %s', (_name, before, next, hours, days) => {
    const due = dueRollups(before, next);
    expect(due.hours.map(({ fromAtMs }) => fromAtMs)).toEqual(hours);
    expect(due.days.map(({ fromAtMs }) => fromAtMs)).toEqual(days);
  });
});

describe('latencies', () => {
  it.each([0, 1, 37, 400, 812, 30_000, 10 ** 9])('are within 9 % of %d ms', (ms) => {
    const median = percentileOf([[latencyBucket(ms), 1]], 0.5) ?? Number.NaN;
    const known = Math.min(Math.max(ms, 1), 2 ** (85.5 / 4));
    expect(Math.abs(median / known - 1)).toBeLessThan(0.095);
  });

  it('have percentiles', () => {
    const counts = [
      [latencyBucket(100), 94],
      [latencyBucket(5_000), 6],
    ] as const;
    expect(Math.round(percentileOf(counts, 0.5) ?? 0)).toBeLessThan(110);
    expect(percentileOf(counts, 0.95)).toBeGreaterThan(4_500);
    expect(percentileOf([], 0.5)).toBeNull();
  });

  it('are null if there are none', () => {
    const { hour } = after(null, { probes: [failed('reset')], enabledIds: ['two'] });
    const [one] = trendPointOf(hour).endpoints;
    expect(one).toMatchObject({ availableRatio: null, probes: { failed: 1, latency: null } });
  });

  it('are in the order of their buckets, as percentiles need them', () => {
    const probes = [900, 5, 80].map((latencyMs) => probe({ status: 'ok', latencyMs }));
    const { hour } = after(null, { probes });
    const buckets = [5, 80, 900].map(latencyBucket);
    expect(hour.endpoints['one']?.probes.latencies.map(([bucket]) => bucket)).toEqual(buckets);
  });

  it('have the median and the 95th of a hundred', () => {
    const counts = [
      [latencyBucket(100), 50],
      [latencyBucket(1_000), 45],
      [latencyBucket(5_000), 5],
    ] as const;
    const middleOf = (ms: number) => percentileOf([[latencyBucket(ms), 1]], 1);
    expect(percentileOf(counts, 0.5)).toBe(middleOf(100));
    expect(percentileOf(counts, 0.51)).toBe(middleOf(1_000));
    expect(percentileOf(counts, 0.95)).toBe(middleOf(1_000));
    expect(percentileOf(counts, 0.96)).toBe(middleOf(5_000));
  });
});

describe('a point of the trends', () => {
  it('has the share of time and the latencies of an endpoint', () => {
    const busy = { enabledIds: ['one'], elapsedMs: 3_000 };
    const probes = [100, 100, 5_000].map((ms) => probe({ status: 'ok', latencyMs: ms }));
    const gone = after(null, { ...busy, unavailableIds: ['one'] });
    const { hour } = after(gone, { ...busy, elapsedMs: 9_000, probes });
    const [one] = trendPointOf(hour).endpoints;
    expect(one).toMatchObject({ observedMs: 12_000, availableMs: 9_000, availableRatio: 0.75 });
    const middleOf = (ms: number) => percentileOf([[latencyBucket(ms), 1]], 1);
    expect(one?.probes.latency).toEqual({ medianMs: middleOf(100), p95Ms: middleOf(5_000) });
  });

  it('is about the hour and the day in which its batches were', () => {
    const { hour, day } = after(null, {}, NOON_MS + 59 * MINUTE_MS);
    expect([hour.fromAtMs, day.fromAtMs]).toEqual([NOON_MS, NOON_MS - 43_200_000]);
  });

  it('has no endpoint of which a batch without a tick says nothing', () => {
    const { hour } = after(null, { enabledIds: ['one'] });
    expect(trendPointOf(hour).endpoints).toEqual([]);
    const { hour: shortest } = after(null, { enabledIds: ['one'], elapsedMs: 1 });
    expect(trendPointOf(shortest).endpoints).toMatchObject([{ observedMs: 1 }]);
  });

  it('counts no switch to the same endpoint', () => {
    const { switches } = after(null, { decisions: [switched('faster', 'one')] }).hour;
    expect(switches).toEqual({ failure: 0, latency: 0, operator: 0 });
  });
});
