/**
 * The time to first token of one class of live requests (see `latencyClassOf`) at one endpoint: a moving
 * mean of logarithms, because such times vary by factors and one that is ten times as long as usual must
 * not move the mean much.
 */
import type { EpochMs } from '@zephyr/contract/scalars';

/** In `live` of the policy. */
export interface LiveLatencyPolicy {
  /** Half-life of the mean of a class; one request has at most the share `maxShare` of it. */
  readonly halfLifeMs: number;
  readonly maxShare: number;
  /** After this long without a request of the class its mean starts again. */
  readonly restartMs: number;
  /** Half-life of a request in the weight of its class, which follows the current mix of requests. */
  readonly weightHalfLifeMs: number;
  /** Half-life of the former mean that a sudden change is compared with. */
  readonly formerHalfLifeMs: number;
}

export const LIVE_LATENCY_NUMBERS: LiveLatencyPolicy = {
  halfLifeMs: 5_000,
  maxShare: 0.2,
  restartMs: 120_000,
  weightHalfLifeMs: 60_000,
  formerHalfLifeMs: 30_000,
};

export interface ClassTrack {
  readonly logMs: number;
  /** Variance of the estimate `logMs`; shrinks with more requests. */
  readonly variance: number;
  /** Standard deviation of single requests, in logarithms. */
  readonly spread: number;
  /** Requests since the track began. */
  readonly requests: number;
  /** Decaying number of requests, as of `atMs`: the current mix of requests here. */
  readonly weight: number;
  /** When the newest request was reported. */
  readonly atMs: EpochMs;
  /** Follows `logMs` within a minute: its value a moment ago. */
  readonly formerLogMs: number;
  /** How much slower than usual for the class when last measured; below 0: faster. */
  readonly gapMs: number;
  /** One standard error of `gapMs`; 0: never measured. */
  readonly gapErrorMs: number;
  /**
   * Another endpoint was measured fast since this one was found slow, so the requests are not to blame.
   * Ends when this one is measured slow again.
   */
  readonly isOutdone: boolean;
}

/** Deviations of single requests are clipped at this, in logarithms. */
const MAX_STEP = 1;
/** If the newest times are this much lower, in logarithms, the mean is still catching up. */
const BACK_STEP = -0.5;
/** The initial spread, and the weight of one request in learning it. */
const PRIOR_SPREAD = 0.4;
const MIN_SPREAD = 0.1;
const SPREAD_WEIGHT = 0.05;
/** Standard deviation of a normal distribution as a multiple of its mean absolute deviation. */
const NORMAL_FROM_MEAN = 1.2533;

export function advanceClass(
  former: ClassTrack | undefined,
  { timesMs, isDoubted, epochMs, policy }: ClassReport,
): ClassTrack {
  const logs = timesMs.map((ms) => Math.log(Math.max(1, ms)));
  const sinceMs = former === undefined ? Number.POSITIVE_INFINITY : epochMs - former.atMs;
  // After a long pause the mean restarts; the excess that it found is remembered.
  if (former === undefined || sinceMs > policy.restartMs) {
    return begin(logs, { former, epochMs });
  }
  // Restart, so that the old mean is not mistaken for the current time.
  if (isDoubted) {
    return { ...begin(logs, { former, epochMs }), requests: former.requests + logs.length };
  }
  const count = logs.length;
  const share = Math.max(
    count / (former.requests + count),
    Math.min(1 - 2 ** (-sinceMs / policy.halfLifeMs), 1 - (1 - policy.maxShare) ** count),
  );
  const near = logs.map((log) => clamp(log - former.logMs, MAX_STEP));
  const spread = learnSpread(former.spread, near);
  const logMs = former.logMs + share * mean(near);
  return {
    logMs,
    variance: (1 - share) ** 2 * former.variance + (share ** 2 * spread ** 2) / count,
    spread,
    requests: former.requests + count,
    weight: former.weight * 2 ** (-sinceMs / policy.weightHalfLifeMs) + count,
    atMs: epochMs,
    formerLogMs: logMs + (former.formerLogMs - logMs) * 2 ** (-sinceMs / policy.formerHalfLifeMs),
    gapMs: former.gapMs,
    gapErrorMs: former.gapErrorMs,
    isOutdone: former.isOutdone && mean(near) < BACK_STEP,
  };
}

interface ClassReport {
  /** The times of one report; at least one. */
  readonly timesMs: readonly number[];
  /** This endpoint's remembered excess is doubtful: see `LiveTimes.doubtedAtMs`. */
  readonly isDoubted: boolean;
  readonly epochMs: EpochMs;
  readonly policy: LiveLatencyPolicy;
}

function begin(
  logs: readonly number[],
  { former, epochMs }: { readonly former: ClassTrack | undefined; readonly epochMs: EpochMs },
): ClassTrack {
  const spread = former?.spread ?? PRIOR_SPREAD;
  const logMs = mean(logs);
  return {
    ...{ logMs, spread, variance: spread ** 2 / logs.length },
    ...{ requests: logs.length, weight: logs.length, atMs: epochMs, formerLogMs: logMs },
    // Halved, so that occasional requests do not keep it forever.
    gapMs: (former?.gapMs ?? 0) / 2,
    gapErrorMs: (former?.gapErrorMs ?? 0) / 2,
    isOutdone: false,
  };
}

function learnSpread(former: number, deviations: readonly number[]): number {
  const seen = mean(deviations.map(Math.abs)) * NORMAL_FROM_MEAN;
  const share = 1 - (1 - SPREAD_WEIGHT) ** deviations.length;
  return Math.max(MIN_SPREAD, former + share * (seen - former));
}

/** The geometric mean of a few times. */
export const typicalMs = (timesMs: readonly number[]): number =>
  Math.exp(mean(timesMs.map((ms) => Math.log(Math.max(1, ms)))));

export const levelMs = ({ logMs }: ClassTrack): number => Math.exp(logMs);

/** One standard error of the level. */
export const errorMs = (track: ClassTrack): number => levelMs(track) * Math.sqrt(track.variance);

const clamp = (value: number, reach: number): number => Math.min(Math.max(value, -reach), reach);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
