/** Mock answers for the history page. */
import type { TrendPoint, Trends } from '@zephyr/contract/history/rollup';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { TimeUnit, UsageReport } from '@zephyr/contract/usage/usage';

const LENGTHS = {
  '24h': { unit: 'hour', stepMs: HOUR_MS, count: 24 },
  '7d': { unit: 'hour', stepMs: HOUR_MS, count: 168 },
  '30d': { unit: 'day', stepMs: DAY_MS, count: 30 },
} as const;

export function inventedTrends(range: string, ids: readonly string[], epochMs: number): Trends {
  const { unit, stepMs, count } = LENGTHS[range as keyof typeof LENGTHS] ?? LENGTHS['24h'];
  const sinceAtMs = Math.floor(epochMs / stepMs) * stepMs - (count - 1) * stepMs;
  const points = Array.from({ length: count }, (_, index) =>
    pointAt(sinceAtMs + index * stepMs, stepMs, ids),
  );
  // A period in which nothing ran.
  return { unit, sinceAtMs, untilAtMs: epochMs, points: points.toSpliced(2, 1) };
}

function pointAt(fromAtMs: number, observedMs: number, ids: readonly string[]): TrendPoint {
  const step = Math.floor(fromAtMs / HOUR_MS);
  return {
    fromAtMs,
    switches: {
      failure: step % 5 === 0 ? 1 : 0,
      latency: step % 3,
      operator: step % 7 === 0 ? 1 : 0,
    },
    endpoints: ids.map((endpointId, index) => {
      const missing = (step * 7 + index * 3) % 11 === 0 ? 0.02 * ((step + index) % 9) : 0;
      const medianMs = (500 + index * 170) * (1 + 0.3 * Math.sin(step / 4 + index));
      const attempts = { succeeded: 60, failed: 2, latency: { medianMs, p95Ms: medianMs * 2 } };
      return {
        ...{ endpointId, observedMs, availableMs: observedMs * (1 - missing) },
        ...{ availableRatio: 1 - missing, probes: attempts, requests: attempts, probesUsd: 0.01 },
      };
    }),
  };
}

export function inventedUsage(since: string, unit: TimeUnit, epochMs: number): UsageReport {
  const stepMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const count = unit === 'hour' ? 24 : Number.parseInt(since, 10);
  const fromAtMs = Math.floor(epochMs / stepMs) * stepMs - (count - 1) * stepMs;
  const figures = {
    ...{ requests: 120, failed: 2, input_tokens: 91_000, output_tokens: 30_000 },
    ...{ cache_read_tokens: 800_000, cache_write_tokens: 40_000, cache_write_1h_tokens: 0 },
    ...{ cost_usd: 1.4, unpriced: 0, incomplete: 0, possibly_billed_twice: 0 },
  };
  const rows = Array.from({ length: count }, (_, index) => ({
    ...figures,
    ...{ person: null, endpoint: null, model: null, day: null, hour: null },
    cost_usd: 1 + Math.sin(index),
    [unit]: new Date(fromAtMs + index * stepMs).toISOString(),
  }));
  return {
    since: new Date(fromAtMs).toISOString(),
    until: new Date(epochMs).toISOString(),
    removed_before: null,
    ...{ rows, total: figures },
  } as UsageReport;
}
