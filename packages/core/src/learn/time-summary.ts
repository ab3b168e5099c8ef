import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';

/** The summary of a list of times, oldest first, for display. */
export type TimeSummary = NonNullable<ApiEndpoint['probe']['latency']>;

/** Null without times. */
export function summaryOf(times: readonly number[]): TimeSummary | null {
  const lastMs = times.at(-1);
  if (lastMs === undefined) return null;
  const sorted = times.toSorted((left, right) => left - right);
  return {
    lastMs,
    meanMs: Math.round(times.reduce((sum, ms) => sum + ms, 0) / times.length),
    p95Ms: sorted[Math.ceil(0.95 * sorted.length) - 1] ?? lastMs,
    historyMs: [...times],
  };
}

/** The median; the lower of two middle values. @throws {RangeError} without values. */
export function median(values: readonly number[]): number {
  const middle = Float64Array.from(values).sort()[Math.floor((values.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('a median needs at least one value');
  return middle;
}

/** The median absolute distance from `middle`. @throws {RangeError} without values. */
export function medianDeviation(values: readonly number[], middle: number): number {
  return median(values.map((value) => Math.abs(value - middle)));
}

/**
 * The weighted median: the least value at or below which half of the weight lies.
 * @throws {RangeError} without values.
 */
export function weightedMedian(
  values: readonly { readonly value: number; readonly weight: number }[],
): number {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const { value, weight } of sorted) {
    below += weight;
    if (below >= half) return value;
  }
  throw new RangeError('a median needs at least one value');
}
