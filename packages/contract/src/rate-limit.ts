/**
 * What the endpoint's answers say of the rate limits of its token.
 * @see https://docs.claude.com/en/api/rate-limits
 */
import { z } from 'zod';

import { count, duration, moment, ratio, type ShapeOf } from './scalars.ts';

/** The limits of `anthropic-ratelimit-<kind>-*`; the unified ones are those of a subscription. */
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

/** Between machines, whose clocks differ: the time that is left. */
const rateLimitReportSchema = z.object({
  /** What is left, of the whole. */
  remainingShare: ratio,
  /** Requests or tokens; absent where the endpoint names only a share. */
  remaining: count.optional(),
  limit: count.optional(),
  resetsInMs: duration,
});
export type RateLimitReport = ShapeOf<typeof rateLimitReportSchema>;

/** By kind; only those that the answer names. */
export const rateLimitReportsSchema = z.partialRecord(rateLimitKind, rateLimitReportSchema);
export type RateLimitReports = ShapeOf<typeof rateLimitReportsSchema>;

/** For people. */
export const shownRateLimitSchema = z
  .object({
    kind: rateLimitKind,
    remainingShare: ratio,
    remaining: count.nullable(),
    limit: count.nullable(),
    resetsAtMs: moment,
  })
  .meta({ id: 'RateLimit' });
