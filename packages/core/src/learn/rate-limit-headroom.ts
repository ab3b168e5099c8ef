/**
 * How near an endpoint's token is to its rate limits. A limit that is nearly used up makes the score
 * worse, so that requests go elsewhere before they are refused; it never makes an endpoint
 * unavailable. Unused, a limit says nothing new until it is reset: so an endpoint that was left for it
 * is not returned to before that, and nothing flaps.
 */
import type { RateLimitKind, RateLimitReports } from '@zephyr/contract/rate-limit';
import type { EpochMs } from '@zephyr/contract/scalars';

import type { RateLimitPolicy } from '../decision-policy.ts';

export interface KnownRateLimit {
  readonly remainingShare: number;
  /** Null where the endpoint names only a share. */
  readonly remaining: number | null;
  readonly limit: number | null;
  readonly resetsAtMs: EpochMs;
}

export type RateLimits = Readonly<Partial<Record<RateLimitKind, KnownRateLimit>>>;

export const NO_RATE_LIMITS: RateLimits = {};

/** The newest report of a kind counts. */
export function withRateLimits(
  known: RateLimits,
  reports: RateLimitReports | undefined,
  nowMs: EpochMs,
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

/** Those that have not been reset since. */
export function currentRateLimits(
  limits: RateLimits,
  nowMs: EpochMs,
): readonly (readonly [RateLimitKind, KnownRateLimit])[] {
  const all = Object.entries(limits) as [RateLimitKind, KnownRateLimit][];
  return all.filter(([, { resetsAtMs }]) => resetsAtMs > nowMs);
}

/**
 * What the nearest limit is expected to cost a request, in ms: the longest wait that counts, in
 * proportion to how much of the last `lowShare` is gone. 0 where there is room, or a reset is near.
 */
export function limitCostMs(limits: RateLimits, nowMs: EpochMs, policy: RateLimitPolicy): number {
  const costs = currentRateLimits(limits, nowMs).map(([, { remainingShare, resetsAtMs }]) => {
    const waitMs = resetsAtMs - nowMs;
    if (remainingShare >= policy.lowShare || waitMs < policy.soonMs) return 0;
    return (1 - remainingShare / policy.lowShare) * Math.min(waitMs, policy.mostWaitMs);
  });
  return Math.max(0, ...costs);
}
