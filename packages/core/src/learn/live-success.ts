import type { FailureClass } from '@zephyr/contract/failure';
import type { OutcomeCounts } from '@zephyr/contract/route/outcome';
import type { EpochMs } from '@zephyr/contract/scalars';

import { causeOf } from '../failure-table.ts';

/** In `health` of the policy. */
export interface LiveSuccessPolicy {
  /** Consecutive live successes that outweigh failing probes, and how recent they must be. */
  readonly liveSuccesses: number;
  readonly liveFreshMs: number;
}

export const LIVE_SUCCESS_NUMBERS: LiveSuccessPolicy = { liveSuccesses: 3, liveFreshMs: 30_000 };

/** Whether live requests succeed at an endpoint; their speed is in `live-excess.ts`. */
export interface LiveRecord {
  /** Successes since the endpoint's last failure. */
  readonly successStreak: number;
  readonly succeededAtMs: EpochMs | null;
  readonly failedAtMs: EpochMs | null;
}

export const NO_LIVE_RECORD: LiveRecord = {
  successStreak: 0,
  succeededAtMs: null,
  failedAtMs: null,
};

export function applyOutcomesToLive(
  record: LiveRecord,
  counts: OutcomeCounts,
  epochMs: EpochMs,
): LiveRecord {
  if (endpointFailures(counts) > 0) {
    return {
      successStreak: 0,
      succeededAtMs: counts.succeeded > 0 ? epochMs : record.succeededAtMs,
      failedAtMs: epochMs,
    };
  }
  if (counts.succeeded === 0) return record;
  return {
    ...record,
    successStreak: record.successStreak + counts.succeeded,
    succeededAtMs: epochMs,
  };
}

/** Whether live requests succeed, so that failing probes must be wrong. */
export function isContradictedByLive(
  record: LiveRecord,
  epochMs: EpochMs,
  policy: LiveSuccessPolicy,
): boolean {
  return (
    record.successStreak >= policy.liveSuccesses &&
    record.succeededAtMs !== null &&
    epochMs - record.succeededAtMs <= policy.liveFreshMs
  );
}

/** Whether the last live requests have just failed, because of the endpoint or by chance. */
export function isLosingRequests(
  record: LiveRecord,
  epochMs: EpochMs,
  policy: LiveSuccessPolicy,
): boolean {
  return (
    record.successStreak === 0 &&
    record.failedAtMs !== null &&
    epochMs - record.failedAtMs <= policy.liveFreshMs
  );
}

/** The failure classes of one report with their counts. */
export function failuresOf(counts: OutcomeCounts): readonly (readonly [FailureClass, number])[] {
  return Object.entries(counts.failed) as [FailureClass, number][];
}

export function endpointFailures(counts: OutcomeCounts): number {
  return failuresOf(counts)
    .filter(([failure]) => causeOf(failure) === 'endpoint')
    .reduce((sum, [, count]) => sum + count, 0);
}
