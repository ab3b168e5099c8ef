/** What proxies report of live requests: in batches, never awaited by a request. */
import { z } from 'zod';

import { failureClass } from './failure.ts';
import { rateLimitReportsSchema } from './rate-limit.ts';
import { count, duration, type ShapeOf } from './scalars.ts';

/** How long one request waited for its first content. */
const ttftSampleSchema = z.object({
  /** The class of requests that it is comparable with: see `latencyClassOf` in core. */
  class: z.string().max(40),
  ms: duration,
});
export type TtftSample = ShapeOf<typeof ttftSampleSchema>;

/** In one report. */
export const MAX_TTFT_SAMPLES = 32;

/**
 * What a proxy saw of one endpoint within one reporting period (about a second). `failed` has only
 * failures of the endpoint, its token or its load; those of one request, one model or a missing
 * operation are not reported.
 */
const outcomeCountsSchema = z.object({
  succeeded: count,
  failed: z.partialRecord(failureClass, count),
  /** Time to first token of successful requests in this period. */
  ttft: z.array(ttftSampleSchema).max(MAX_TTFT_SAMPLES),
  /** The newest that answers in this period named; absent where none did. */
  rateLimits: rateLimitReportsSchema.optional(),
});
export type OutcomeCounts = ShapeOf<typeof outcomeCountsSchema>;

/** One proxy's report. */
export const outcomeBatchSchema = z.object({
  proxyId: z.string().max(100),
  /** By endpoint id. */
  endpoints: z.record(z.string(), outcomeCountsSchema),
});
export type OutcomeBatch = ShapeOf<typeof outcomeBatchSchema>;
