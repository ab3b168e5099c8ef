/**
 * How long people wait at one endpoint for the first content, for requests of one class (`class`:
 * see `latencyClassOf`). Kept as a moving mean of logarithms: waiting times are spread by factors,
 * and one that is ten times as long as usual moves a logarithm only a little.
 */
import type { LivePolicy } from '../policy.ts';
import type { EpochMs } from '../types.ts';

export interface ClassTrack {
  readonly logMs: number;
  /** Of `logMs` as an estimate; shrinks with many requests. */
  readonly variance: number;
  /** Standard deviation of single requests, of logarithms. */
  readonly spread: number;
  /** Requests since the track began. */
  readonly requests: number;
  /** Requests at `atMs`, each fading by half in a minute: what people ask here at present. */
  readonly weight: number;
  /** The newest. */
  readonly atMs: EpochMs;
  /** Follows `logMs` within a minute: how it was a moment ago. */
  readonly formerLogMs: number;
  /** How much slower than usual for this class, beyond what may be chance; when measured last. */
  readonly excessMs: number;
  /**
   * Another was measured to be quick since this was found slow: the questions are not to blame. Until
   * it is measured to be slow again.
   */
  readonly isOutdone: boolean;
}

/** One request cannot move the mean by more than this, in logarithms, times its weight. */
const MOST_STEP = 1;
/** From such a step down of the newest, in logarithms, the mean is on its way and says too much. */
const BACK_STEP = -0.5;
/** What to assume of the spread before requests have shown it, and how slowly it is learned. */
const PRIOR_SPREAD = 0.4;
const LEAST_SPREAD = 0.1;
const SPREAD_WEIGHT = 0.05;
/** The mean deviation of a normal distribution is so many times smaller than its standard one. */
const NORMAL_FROM_MEAN = 1.2533;

export function advanceClass(
  former: ClassTrack | undefined,
  { timesMs, isDoubted, nowMs, policy }: Report,
): ClassTrack {
  const logs = timesMs.map((ms) => Math.log(Math.max(1, ms)));
  const sinceMs = former === undefined ? Number.POSITIVE_INFINITY : nowMs - former.atMs;
  // What was long ago says nothing of now: the mean begins again, what it found stays until then.
  if (former === undefined || sinceMs > policy.restartMs) {
    return begin(logs, { former, nowMs });
  }
  // Comparable at once, or the old mean would pass for what people wait now.
  if (isDoubted) {
    return { ...begin(logs, { former, nowMs }), requests: former.requests + logs.length };
  }
  const count = logs.length;
  const share = Math.max(
    count / (former.requests + count),
    Math.min(1 - 2 ** (-sinceMs / policy.halfLifeMs), 1 - (1 - policy.mostShare) ** count),
  );
  const near = logs.map((log) => clamp(log - former.logMs, MOST_STEP));
  const spread = learnSpread(former.spread, near);
  const logMs = former.logMs + share * mean(near);
  return {
    logMs,
    variance: (1 - share) ** 2 * former.variance + (share ** 2 * spread ** 2) / count,
    spread,
    requests: former.requests + count,
    weight: former.weight * 2 ** (-sinceMs / policy.weightHalfLifeMs) + count,
    atMs: nowMs,
    formerLogMs: logMs + (former.formerLogMs - logMs) * 2 ** (-sinceMs / policy.formerHalfLifeMs),
    excessMs: former.excessMs,
    isOutdone: former.isOutdone && mean(near) < BACK_STEP,
  };
}

interface Report {
  /** Of one report, at least one. */
  readonly timesMs: readonly number[];
  /** What is remembered of this endpoint counts for little: see `LiveTimes.doubtedAtMs`. */
  readonly isDoubted: boolean;
  readonly nowMs: EpochMs;
  readonly policy: LivePolicy;
}

function begin(
  logs: readonly number[],
  { former, nowMs }: { readonly former: ClassTrack | undefined; readonly nowMs: EpochMs },
): ClassTrack {
  const spread = former?.spread ?? PRIOR_SPREAD;
  const logMs = mean(logs);
  return {
    ...{ logMs, spread, variance: spread ** 2 / logs.length },
    ...{ requests: logs.length, weight: logs.length, atMs: nowMs, formerLogMs: logMs },
    // Remembered, but not for ever by a request now and then.
    excessMs: (former?.excessMs ?? 0) / 2,
    isOutdone: false,
  };
}

function learnSpread(former: number, deviations: readonly number[]): number {
  const seen = mean(deviations.map(Math.abs)) * NORMAL_FROM_MEAN;
  const share = 1 - (1 - SPREAD_WEIGHT) ** deviations.length;
  return Math.max(LEAST_SPREAD, former + share * (seen - former));
}

/** Typical of a few times: their geometric mean. */
export const typicalMs = (timesMs: readonly number[]): number =>
  Math.exp(mean(timesMs.map((ms) => Math.log(Math.max(1, ms)))));

export const levelMs = ({ logMs }: ClassTrack): number => Math.exp(logMs);

/** One standard error of the level. */
export const errorMs = (track: ClassTrack): number => levelMs(track) * Math.sqrt(track.variance);

const clamp = (value: number, reach: number): number => Math.min(Math.max(value, -reach), reach);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
