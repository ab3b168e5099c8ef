/** Samples and switches in the form that the chart draws. Pure. */
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import { DAY_S, HOUR_S } from '@zephyr/contract/units';

export interface Series {
  readonly endpointId: string;
  readonly source: ApiSample['source'];
}

export interface ChartData {
  readonly series: readonly Series[];
  /** Seconds since 1970, ascending, then one column for each series: ms, or null. */
  readonly columns: [number[], ...(number | null)[][]];
}

export interface FailureMark {
  readonly atMs: number;
  readonly endpointId: string;
}

export interface SwitchMark {
  readonly atMs: number;
  readonly toId: string;
  readonly text: string;
}

/** Time axis steps for ranges from minutes to a month; uPlot has none between one and five minutes. */
export const TIME_STEPS_S: readonly number[] = [
  ...[5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1_800],
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_S),
  ...[1, 2, 3, 5, 10, 15].map((days) => days * DAY_S),
];
/** Minimum space between two ticks. */
export const TIME_SPACE_PX = 90;

/** The first `most` in trial order, returned in list order. */
export function chartedIds(
  endpoints: readonly { readonly id: string; readonly rank: number | null }[],
  most: number,
): readonly string[] {
  const charted = new Set(
    endpoints
      .toSorted((left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity) || 0)
      .slice(0, most),
  );
  return endpoints.filter((endpoint) => charted.has(endpoint)).map(({ id }) => id);
}

/** @param fromAtMs earlier samples are left out */
export function chartData(
  samples: ReadonlyMap<string, readonly ApiSample[]>,
  endpointIds: readonly string[],
  fromAtMs: number,
): ChartData {
  const series = endpointIds.flatMap((endpointId): Series[] => {
    const sources = new Set((samples.get(endpointId) ?? []).map(({ source }) => source));
    return (['probe', 'live'] as const)
      .filter((source) => sources.has(source))
      .map((source) => ({ endpointId, source }));
  });
  const recent = endpointIds
    .flatMap((id) => samples.get(id) ?? [])
    .filter(({ atMs, verdict }) => atMs >= fromAtMs && verdict.status === 'ok');
  const moments = [...new Set(recent.map(({ atMs }) => atMs))].toSorted((a, b) => a - b);
  const indexOf = new Map(moments.map((atMs, index) => [atMs, index]));
  const columns = series.map((): (number | null)[] => moments.map(() => null));
  for (const { atMs, endpointId, source, verdict } of recent) {
    const column =
      columns[series.findIndex((s) => s.endpointId === endpointId && s.source === source)];
    const index = indexOf.get(atMs);
    if (column === undefined || index === undefined || verdict.status !== 'ok') continue;
    column[index] = verdict.latencyMs;
  }
  return { series, columns: [moments.map((atMs) => atMs / 1000), ...columns] };
}

export function failureMarks(
  samples: ReadonlyMap<string, readonly ApiSample[]>,
  endpointIds: readonly string[],
  fromAtMs: number,
): readonly FailureMark[] {
  return endpointIds
    .flatMap((id) => samples.get(id) ?? [])
    .filter(({ atMs, verdict }) => atMs >= fromAtMs && verdict.status === 'failed')
    .map(({ atMs, endpointId }) => ({ atMs, endpointId }));
}

export function switchMarks(
  log: readonly ApiLogEntry[],
  fromAtMs: number,
  textOf: (entry: Extract<ApiLogEntry, { kind: 'decision' }>) => string,
): readonly SwitchMark[] {
  return log.flatMap((entry) =>
    entry.kind === 'decision' &&
    entry.decision.phase === 'switched' &&
    entry.decision.fromId !== entry.decision.toId &&
    entry.atMs >= fromAtMs
      ? [{ atMs: entry.atMs, toId: entry.decision.toId, text: textOf(entry) }]
      : [],
  );
}
