/** The current cost of probes per hour, and the cost of the day at this rate. */
import type { EpochMs } from '@zephyr/contract/scalars';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';

const HOUR_MINUTES = 60;
/** All endpoints are probed right after a start: a shorter time would greatly overestimate. */
const MIN_MINUTES = 5;

export interface CostPace {
  /** When counting began; null: not yet. */
  readonly sinceAtMs: EpochMs | null;
  /** The last hour, oldest first; minutes without a cost are absent. */
  readonly minutes: readonly MinuteCost[];
}

export interface MinuteCost {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly usd: number;
}

export const NO_COST_PACE: CostPace = { sinceAtMs: null, minutes: [] };

/** Adds the amount just spent, possibly 0, and drops amounts older than an hour. */
export function withSpent(pace: CostPace, usd: number, epochMs: EpochMs): CostPace {
  const sinceAtMs = pace.sinceAtMs ?? epochMs;
  if (usd === 0) return sinceAtMs === pace.sinceAtMs ? pace : { ...pace, sinceAtMs };
  const minute = minuteNumberOf(epochMs);
  const recent = lastHour(pace, epochMs);
  const current = recent.find((cost) => cost.minute === minute)?.usd ?? 0;
  const earlier = recent.filter((cost) => cost.minute !== minute);
  return { sinceAtMs, minutes: [...earlier, { minute, usd: current + usd }] };
}

/** The mean of the last hour, or of the time since counting began. */
export function usdPerHour(pace: CostPace, epochMs: EpochMs): number {
  if (pace.sinceAtMs === null) return 0;
  const spentUsd = lastHour(pace, epochMs).reduce((sum, { usd }) => sum + usd, 0);
  const knownMinutes = (epochMs - pace.sinceAtMs) / MINUTE_MS;
  return (spentUsd * HOUR_MINUTES) / Math.min(HOUR_MINUTES, Math.max(MIN_MINUTES, knownMinutes));
}

/** The expected cost of today (UTC) at midnight. @param todayUsd the cost so far */
export function projectedUsd(todayUsd: number, pace: CostPace, epochMs: EpochMs): number {
  const hoursLeft = (DAY_MS - (epochMs % DAY_MS)) / HOUR_MS;
  return todayUsd + usdPerHour(pace, epochMs) * hoursLeft;
}

/** Minutes since 1970. */
function minuteNumberOf(epochMs: EpochMs): number {
  return Math.floor(epochMs / MINUTE_MS);
}

function lastHour({ minutes }: CostPace, epochMs: EpochMs): readonly MinuteCost[] {
  const oldest = minuteNumberOf(epochMs) - HOUR_MINUTES;
  return minutes.filter(({ minute }) => minute > oldest);
}
