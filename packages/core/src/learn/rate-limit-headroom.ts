/**
 * How close an endpoint's token is to its rate limits. A limit that is nearly used up worsens the score,
 * so that requests go elsewhere before they are refused; it never makes an endpoint unavailable. Without
 * traffic there is no news of a limit until it resets, so traffic that left an endpoint because of a limit
 * does not return before that, and nothing flaps.
 */
import type {
  RateLimitKind,
  RateLimitReports,
  ShownRateLimit,
} from '@zephyr/contract/route/rate-limit';

import { FAILURE_COST_NUMBERS } from './reliability.ts';

/** `rateLimit` of the policy. */
export interface RateLimitPolicy {
  /** A limit costs something once less than this share of it remains, unless it resets within `soonMs`… */
  readonly lowShare: number;
  readonly soonMs: number;
  /** …and at most this, when none of it remains. */
  readonly maxWaitMs: number;
}

export const RATE_LIMIT_NUMBERS: RateLimitPolicy = {
  lowShare: 0.2,
  soonMs: 10_000,
  maxWaitMs: FAILURE_COST_NUMBERS.slowMs,
};

/** Resets by the clock of whoever knows it: the core's moments, a proxy's monotonic time. */
export type KnownRateLimit = Omit<ShownRateLimit, 'kind'>;

export type RateLimits = Readonly<Partial<Record<RateLimitKind, KnownRateLimit>>>;

export const NO_RATE_LIMITS: RateLimits = {};

/** The newest report of each kind counts. */
export function withRateLimits(
  known: RateLimits,
  reports: RateLimitReports | undefined,
  nowMs: number,
): RateLimits {
  if (reports === undefined) return known;
  const newest = Object.entries(reports).map(([kind, report]) => [
    kind,
    {
      remainingShare: report.remainingShare,
      remaining: report.remaining ?? null,
      limit: report.limit ?? null,
      resetsAtMs: nowMs + report.resetsInMs,
    },
  ]);
  return { ...known, ...(Object.fromEntries(newest) as RateLimits) };
}

/** The limits that have not reset since. */
export function currentRateLimits(
  limits: RateLimits,
  nowMs: number,
): readonly (readonly [RateLimitKind, KnownRateLimit])[] {
  const all = Object.entries(limits) as [RateLimitKind, KnownRateLimit][];
  return all.filter(([, { resetsAtMs }]) => resetsAtMs > nowMs);
}

/**
 * The expected cost of the nearest limit per request, in ms: the longest wait that counts, in proportion
 * to how much of the last `lowShare` is used up. 0 if there is headroom, or a reset is near.
 */
export function limitCostMs(limits: RateLimits, nowMs: number, policy: RateLimitPolicy): number {
  const costs = currentRateLimits(limits, nowMs).map(([, { remainingShare, resetsAtMs }]) => {
    const waitMs = resetsAtMs - nowMs;
    if (remainingShare >= policy.lowShare || waitMs < policy.soonMs) return 0;
    return (1 - remainingShare / policy.lowShare) * Math.min(waitMs, policy.maxWaitMs);
  });
  return Math.max(0, ...costs);
}
