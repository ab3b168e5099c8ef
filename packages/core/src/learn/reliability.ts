import type { FailureClass } from '@zephyr/contract/failure';
import type { EpochMs } from '@zephyr/contract/scalars';
import { HOUR_MS } from '@zephyr/contract/units';

import { causeOf } from '../failure-table.ts';

/** `failure` of the policy. */
export interface FailurePolicy {
  /** Half-lives of an attempt's weight: in the short memory, and in the lasting one. */
  readonly halfLifeMs: number;
  readonly lastingHalfLifeMs: number;
  /** Prior of the failure ratio, and how many attempts it counts for. */
  readonly priorRatio: number;
  readonly priorAttempts: number;
  /** The time that one failure of this class costs a waiting person. */
  readonly costMs: Readonly<Record<FailureClass, number>>;
}

/** A failure noticed immediately costs a retry; one noticed by a timer costs the timer's duration. */
export const FAILURE_COST_NUMBERS = { quickMs: 2_000, slowMs: 15_000 } as const;
const { quickMs: QUICK_FAILURE_MS, slowMs: SLOW_FAILURE_MS } = FAILURE_COST_NUMBERS;

export const FAILURE_NUMBERS: FailurePolicy = {
  halfLifeMs: 300_000,
  lastingHalfLifeMs: HOUR_MS,
  priorRatio: 0.01,
  priorAttempts: 10,
  costMs: {
    outbound_proxy: QUICK_FAILURE_MS,
    dns: QUICK_FAILURE_MS,
    connection_refused: QUICK_FAILURE_MS,
    connect_timeout: SLOW_FAILURE_MS,
    tls: QUICK_FAILURE_MS,
    reset: QUICK_FAILURE_MS,
    first_byte_timeout: SLOW_FAILURE_MS,
    idle_timeout: SLOW_FAILURE_MS,
    timeout: SLOW_FAILURE_MS,
    truncated: SLOW_FAILURE_MS,
    not_claude: QUICK_FAILURE_MS,
    server_error: QUICK_FAILURE_MS,
    overloaded: QUICK_FAILURE_MS,
    rate_limited: QUICK_FAILURE_MS,
    token_refused: QUICK_FAILURE_MS,
    credit: QUICK_FAILURE_MS,
    forbidden: QUICK_FAILURE_MS,
    model_not_found: QUICK_FAILURE_MS,
    unsupported: QUICK_FAILURE_MS,
    ...{ foreign_thinking: 0, client_error: 0, cli_missing: 0, cli_crashed: 0 },
  },
};

/** Attempts and failures, decaying with age. */
interface Sums {
  readonly attempts: number;
  readonly failures: number;
  /** Time that people lost to the failures. */
  readonly lostMs: number;
}

/**
 * How often an endpoint fails and the cost of that, with two memories: one of minutes, for current trouble,
 * and one of hours, for an endpoint that keeps failing now and then. The short one alone would forgive such
 * an endpoint as soon as it gets no requests.
 *
 * In the long one, failures without an answer in between count once: a past outage says little about the
 * hours to come, however many requests it failed.
 */
export interface ReliabilityTrack extends Sums {
  readonly lasting: Sums;
  /** Whether there was an answer after the last failure. */
  readonly hasAnswered: boolean;
  /** The sums are as of this moment. */
  readonly atMs: EpochMs | null;
}

const NONE: Sums = { attempts: 0, failures: 0, lostMs: 0 };

export const NO_RELIABILITY: ReliabilityTrack = {
  ...NONE,
  lasting: NONE,
  hasAnswered: true,
  atMs: null,
};

export interface Attempts {
  readonly succeeded: number;
  readonly failed: readonly (readonly [FailureClass, number])[];
  /** Answers in the same report, which are counted separately: they were between the failures. */
  readonly between?: number;
  readonly epochMs: EpochMs;
}

export function addAttempts(
  track: ReliabilityTrack,
  { succeeded, failed, between = 0, epochMs }: Attempts,
  policy: FailurePolicy,
): ReliabilityTrack {
  const failures = failed.reduce((sum, [, count]) => sum + count, 0);
  const lostMs = failed.reduce((sum, [failure, n]) => sum + n * policy.costMs[failure], 0);
  const apart = Math.min(failures, between + (track.hasAnswered ? 1 : 0));
  const apartLostMs = failures === 0 ? 0 : (lostMs * apart) / failures;
  const short = decayOf(track, epochMs, policy.halfLifeMs);
  const long = decayOf(track, epochMs, policy.lastingHalfLifeMs);
  return {
    ...added(track, short, { attempts: succeeded + failures, failures, lostMs }),
    lasting: added(track.lasting, long, {
      ...{ attempts: succeeded + apart, failures: apart, lostMs: apartLostMs },
    }),
    hasAnswered: succeeded > 0 || (failures === 0 && track.hasAnswered),
    atMs: epochMs,
  };
}

function added(sums: Sums, decay: number, more: Sums): Sums {
  return {
    attempts: sums.attempts * decay + more.attempts,
    failures: sums.failures * decay + more.failures,
    lostMs: sums.lostMs * decay + more.lostMs,
  };
}

export interface Failures extends Pick<Attempts, 'failed' | 'between' | 'epochMs'> {
  /** The model is overloaded everywhere: an overload is then no endpoint's fault. */
  readonly isOverloaded: boolean;
}

/** Each failure counts against its cause; those of clients and our own machine do not count. */
export function addFailures(
  track: ReliabilityTrack,
  { failed, between = 0, epochMs, isOverloaded }: Failures,
  policy: FailurePolicy,
): ReliabilityTrack {
  const counted = failed.filter(([failure]) => {
    const cause = causeOf(failure);
    return cause === 'endpoint' || (cause === 'overload' && !isOverloaded);
  });
  if (counted.length === 0) return track;
  return addAttempts(track, { succeeded: 0, failed: counted, between, epochMs }, policy);
}

/** The expected time that an attempt loses to failure, and the share of attempts that fail. */
export interface FailureCost {
  readonly failureMs: number;
  readonly failureRatio: number;
}

/**
 * By the worse memory: of two similar endpoints, the one that fails now and then must not win because it
 * did not fail in the last minutes.
 */
export function failureCost(
  track: ReliabilityTrack,
  epochMs: EpochMs,
  policy: FailurePolicy,
): FailureCost {
  const short = costOf(track, decayOf(track, epochMs, policy.halfLifeMs), policy);
  const long = costOf(track.lasting, decayOf(track, epochMs, policy.lastingHalfLifeMs), policy);
  return long.failureMs > short.failureMs ? long : short;
}

/**
 * The prior (`priorAttempts` with the failure ratio `priorRatio`) keeps a single failure from looking like
 * certainty, and an endpoint without attempts from looking perfect.
 */
function costOf(sums: Sums, decay: number, policy: FailurePolicy): FailureCost {
  const attempts = sums.attempts * decay + policy.priorAttempts;
  const priorFailures = policy.priorAttempts * policy.priorRatio;
  const priorLostMs = priorFailures * policy.costMs.server_error;
  return {
    failureMs: (sums.lostMs * decay + priorLostMs) / attempts,
    failureRatio: (sums.failures * decay + priorFailures) / attempts,
  };
}

function decayOf({ atMs }: ReliabilityTrack, epochMs: EpochMs, halfLifeMs: number): number {
  return atMs === null ? 0 : 2 ** (-Math.max(0, epochMs - atMs) / halfLifeMs);
}
