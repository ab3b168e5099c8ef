import type { HealthPolicy } from '../policy.ts';
import { causeOf, type EpochMs, type FailureClass, type OutcomeCounts } from '../types.ts';

/** What live requests say of an endpoint's life, apart from their speed. */
export interface LiveRecord {
  /** Successes since the last failure of the endpoint. */
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
  nowMs: EpochMs,
): LiveRecord {
  if (endpointFailures(counts) > 0) {
    return {
      successStreak: 0,
      succeededAtMs: counts.succeeded > 0 ? nowMs : record.succeededAtMs,
      failedAtMs: nowMs,
    };
  }
  if (counts.succeeded === 0) return record;
  return {
    ...record,
    successStreak: record.successStreak + counts.succeeded,
    succeededAtMs: nowMs,
  };
}

/** Whether live requests succeed so well that failing probes must be wrong. */
export function liveContradictsProbes(
  record: LiveRecord,
  nowMs: EpochMs,
  policy: HealthPolicy,
): boolean {
  return (
    record.successStreak >= policy.liveSuccesses &&
    record.succeededAtMs !== null &&
    nowMs - record.succeededAtMs <= policy.liveFreshMs
  );
}

/** Whether the last live requests failed, a moment ago: is it the endpoint, or was it chance? */
export function isLosingRequests(
  record: LiveRecord,
  nowMs: EpochMs,
  policy: HealthPolicy,
): boolean {
  return (
    record.successStreak === 0 &&
    record.failedAtMs !== null &&
    nowMs - record.failedAtMs <= policy.liveFreshMs
  );
}

/** The failures of one report with their counts. */
export function failuresOf(counts: OutcomeCounts): readonly (readonly [FailureClass, number])[] {
  return Object.entries(counts.failed) as [FailureClass, number][];
}

export function endpointFailures(counts: OutcomeCounts): number {
  return failuresOf(counts)
    .filter(([failure]) => causeOf(failure) === 'endpoint')
    .reduce((sum, [, count]) => sum + count, 0);
}
