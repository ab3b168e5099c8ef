import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import { describe, expect, it } from 'vitest';

import {
  chartData,
  chartedIds,
  failureMarks,
  switchMarks,
  TIME_SPACE_PX,
  TIME_STEPS_S,
} from './chart-data.ts';

const sample = (endpointId: string, atMs: number, latencyMs: number | null): ApiSample => ({
  endpointId,
  atMs,
  source: 'probe',
  verdict:
    latencyMs === null ? { status: 'failed', failure: 'timeout' } : { status: 'ok', latencyMs },
});

const samples = new Map([
  ['a', [sample('a', 1_000, 10), sample('a', 3_000, null), sample('a', 5_000, 30)]],
  ['b', [sample('b', 2_000, 20), { ...sample('b', 5_000, 25), source: 'live' as const }]],
]);

describe('chartData', () => {
  it('aligns the samples of all endpoints on one axis of seconds', () => {
    const { series, columns } = chartData(samples, ['a', 'b'], 0);
    expect(series.map(({ endpointId, source }) => `${endpointId} ${source}`)).toEqual([
      'a probe',
      'b probe',
      'b live',
    ]);
    expect(columns).toEqual([
      [1, 2, 5],
      [10, null, 30],
      [null, 20, null],
      [null, null, 25],
    ]);
  });

  it('omits samples older than the range, but keeps the lines', () => {
    const { series, columns } = chartData(samples, ['a', 'b'], 4_000);
    expect(series).toHaveLength(3);
    expect(columns[0]).toEqual([5]);
  });
});

describe('chartedIds', () => {
  const endpoint = (id: string, rank: number | null) => ({ id, rank });
  const endpoints = [endpoint('a', 2), endpoint('b', null), endpoint('c', 0), endpoint('d', 1)];

  it('includes all, even fallbacks and down endpoints, if there are not too many', () => {
    expect(chartedIds(endpoints, 4)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('includes those tried first if there are more', () => {
    expect(chartedIds(endpoints, 2)).toEqual(['c', 'd']);
  });
});

describe('marks', () => {
  it('shows failed probes separately from latencies', () => {
    expect(failureMarks(samples, ['a', 'b'], 0)).toEqual([{ atMs: 3_000, endpointId: 'a' }]);
  });

  it('marks switches that took effect, not plans', () => {
    const entry = (phase: 'planned' | 'switched', atMs: number): ApiLogEntry => ({
      id: `${atMs}`,
      atMs,
      kind: 'decision',
      decision: {
        number: 1,
        atMs,
        phase,
        reason: 'faster',
        fromId: 'a',
        toId: 'b',
        trigger: 'probe',
        considered: [],
      },
    });
    const marks = switchMarks([entry('switched', 2_000), entry('planned', 1_000)], 0, () => 'why');
    expect(marks).toEqual([{ atMs: 2_000, toId: 'b', text: 'why' }]);
  });
});

describe('the axis of time', () => {
  const PLOT_WIDTHS = [240, 600, 1_200, 3_600];
  it.each([
    ['5 minutes', 300],
    ['an hour', 3_600],
    ['24 hours', 86_400],
    ['7 days', 7 * 86_400],
    ['30 days', 30 * 86_400],
  ])('has marks over %s, on a phone and on a wall', (_name, rangeS) => {
    for (const width of PLOT_WIDTHS) {
      const step = TIME_STEPS_S.find((each) => (each / rangeS) * width >= TIME_SPACE_PX);
      expect(rangeS / (step ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(2);
    }
  });
});
