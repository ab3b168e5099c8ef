/** Trends in the form that the history page shows. Pure. */
import type { TrendPoint, Trends } from '@zephyr/contract/history/rollup';

import type { ChartData } from '../../charts/chart-data.ts';
import { barLengthMs } from './availability-bars.ts';

export const LATENCY_SOURCES = ['probes', 'requests'] as const;
export type LatencySource = (typeof LATENCY_SOURCES)[number];

/** The medians as lines; gaps where an hour or day has none. */
export function latencyLines(
  { points }: Pick<Trends, 'points'>,
  endpointIds: readonly string[],
  source: LatencySource,
): ChartData {
  const columns = endpointIds.map((endpointId) =>
    points.map(({ endpoints }) => {
      const found = endpoints.find((each) => each.endpointId === endpointId);
      return found?.[source].latency?.medianMs ?? null;
    }),
  );
  return {
    series: endpointIds.map((endpointId) => ({ endpointId, source: 'probe' })),
    columns: [points.map(({ fromAtMs }) => fromAtMs / 1000), ...columns],
  };
}

export interface SwitchBar {
  readonly fromAtMs: number;
  readonly failure: number;
  readonly latency: number;
  readonly operator: number;
}

/** As many bars as for availability. */
export function switchBars({ sinceAtMs, untilAtMs, points }: Trends): readonly SwitchBar[] {
  const stepMs = barLengthMs({ sinceAtMs, untilAtMs });
  const bars: SwitchBar[] = [];
  for (let atMs = Math.floor(sinceAtMs / stepMs) * stepMs; atMs < untilAtMs; atMs += stepMs) {
    const within = points.filter(({ fromAtMs }) => fromAtMs >= atMs && fromAtMs < atMs + stepMs);
    bars.push({ fromAtMs: atMs, ...switchCounts(within) });
  }
  return bars;
}

export function switchCounts(points: readonly TrendPoint[]): Omit<SwitchBar, 'fromAtMs'> {
  const sum = (kind: keyof TrendPoint['switches']) =>
    points.reduce((total, { switches }) => total + switches[kind], 0);
  return { failure: sum('failure'), latency: sum('latency'), operator: sum('operator') };
}
