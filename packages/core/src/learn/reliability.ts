import type { FailureClass } from '@zephyr/contract/failure';
import type { EpochMs } from '@zephyr/contract/scalars';

import type { FailurePolicy } from '../policy.ts';
import { causeOf } from '../types.ts';

/** Attempts and failures, decaying with age: how often an endpoint fails and what that costs. */
export interface ReliabilityTrack {
  readonly attempts: number;
  readonly failures: number;
  /** Time that people lost through the failures. */
  readonly lostMs: number;
  /** The three sums are as of this moment. */
  readonly atMs: EpochMs | null;
}

export const NO_RELIABILITY: ReliabilityTrack = {
  attempts: 0,
  failures: 0,
  lostMs: 0,
  atMs: null,
};

export interface Attempts {
  readonly succeeded: number;
  readonly failed: readonly (readonly [FailureClass, number])[];
  readonly nowMs: EpochMs;
}

export function addAttempts(
  track: ReliabilityTrack,
  { succeeded, failed, nowMs }: Attempts,
  policy: FailurePolicy,
): ReliabilityTrack {
  const decay = decayOf(track, nowMs, policy);
  const failures = failed.reduce((sum, [, count]) => sum + count, 0);
  const lostMs = failed.reduce((sum, [failure, n]) => sum + n * policy.costMs[failure], 0);
  return {
    attempts: track.attempts * decay + succeeded + failures,
    failures: track.failures * decay + failures,
    lostMs: track.lostMs * decay + lostMs,
    atMs: nowMs,
  };
}

export interface Failures extends Pick<Attempts, 'failed' | 'nowMs'> {
  /** The model is overloaded everywhere: then an overload is no endpoint's fault. */
  readonly isOverloaded: boolean;
}

/** Each failure counts where its cause belongs; the client's and our own count nowhere. */
export function addFailures(
  track: ReliabilityTrack,
  { failed, nowMs, isOverloaded }: Failures,
  policy: FailurePolicy,
): ReliabilityTrack {
  const counted = failed.filter(([failure]) => {
    const cause = causeOf(failure);
    return cause === 'endpoint' || (cause === 'overload' && !isOverloaded);
  });
  if (counted.length === 0) return track;
  return addAttempts(track, { succeeded: 0, failed: counted, nowMs }, policy);
}

/** The expected time that an attempt loses by failing, and the share of attempts that fail. */
export interface FailureCost {
  readonly failureMs: number;
  readonly failureRatio: number;
}

/**
 * The prior (`priorAttempts` with `priorRatio` failures) keeps a single failure from looking like
 * certainty, and an endpoint without attempts from looking perfect.
 */
export function failureCost(
  track: ReliabilityTrack,
  nowMs: EpochMs,
  policy: FailurePolicy,
): FailureCost {
  const decay = decayOf(track, nowMs, policy);
  const attempts = track.attempts * decay + policy.priorAttempts;
  const priorFailures = policy.priorAttempts * policy.priorRatio;
  const priorLostMs = priorFailures * policy.costMs.server_error;
  return {
    failureMs: (track.lostMs * decay + priorLostMs) / attempts,
    failureRatio: (track.failures * decay + priorFailures) / attempts,
  };
}

function decayOf(track: ReliabilityTrack, nowMs: EpochMs, policy: FailurePolicy): number {
  if (track.atMs === null) return 0;
  return 2 ** (-Math.max(0, nowMs - track.atMs) / policy.halfLifeMs);
}
