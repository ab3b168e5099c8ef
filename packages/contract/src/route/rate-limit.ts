/**
 * The rate limits of an endpoint's token, as reported in its answers.
 * @see https://docs.claude.com/en/api/rate-limits
 */
import { z } from 'zod';

import { count, duration, moment, type PlainOf, ratio, type ShapeOf } from '../scalars.ts';

/** The limits in `anthropic-ratelimit-<kind>-*`; the unified ones belong to a subscription. */
export const RATE_LIMIT_KINDS = [
  'requests',
  'tokens',
  'input-tokens',
  'output-tokens',
  'unified-5h',
  'unified-7d',
] as const;
export const rateLimitKind = z.enum(RATE_LIMIT_KINDS);
export type RateLimitKind = z.infer<typeof rateLimitKind>;

/** Sent between machines, whose clocks differ, hence the remaining time. */
const rateLimitReportSchema = z.object({
  /** Remaining fraction of the limit. */
  remainingShare: ratio,
  /** Requests or tokens; absent if the endpoint reports only a share. */
  remaining: count.optional(),
  limit: count.optional(),
  resetsInMs: duration,
});
export type RateLimitReport = ShapeOf<typeof rateLimitReportSchema>;

/** By kind; only those that the answer reports. */
export const rateLimitReportsSchema = z.partialRecord(rateLimitKind, rateLimitReportSchema);
export type RateLimitReports = ShapeOf<typeof rateLimitReportsSchema>;

/** For display. */
export const shownRateLimitSchema = z
  .object({
    kind: rateLimitKind,
    remainingShare: ratio,
    /** Null if the endpoint reports only a share. */
    remaining: count.nullable(),
    limit: count.nullable(),
    resetsAtMs: moment,
  })
  .meta({ id: 'RateLimit' });
export type ShownRateLimit = PlainOf<typeof shownRateLimitSchema>;
