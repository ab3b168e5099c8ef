/** What proxies report about live requests: in batches, never awaited by a request. */
import { z } from 'zod';

import { failureClass } from '../failure.ts';
import { count, duration, proxyId, type ShapeOf } from '../scalars.ts';
import { rateLimitReportsSchema } from './rate-limit.ts';

/** Time to first token of one request. */
const ttftSampleSchema = z.object({
  /** The class of comparable requests: see `latencyClassOf` in core. */
  class: z.string().max(40),
  ms: duration,
});
export type TtftSample = ShapeOf<typeof ttftSampleSchema>;

/** Per report. */
export const MAX_TTFT_SAMPLES = 32;

/**
 * What a proxy observed at one endpoint in one reporting period (about a second). `failed` counts only
 * failures of the endpoint, its token or its load; those specific to one request, one model or a missing
 * operation are not reported.
 */
const outcomeCountsSchema = z.object({
  succeeded: count,
  failed: z.partialRecord(failureClass, count),
  /** Time to first token of successful requests in this period. */
  ttft: z.array(ttftSampleSchema).max(MAX_TTFT_SAMPLES),
  /** The latest reported by answers in this period; absent if there were none. */
  rateLimits: rateLimitReportsSchema.optional(),
});
export type OutcomeCounts = ShapeOf<typeof outcomeCountsSchema>;
/** While they are being counted. */
export type OpenOutcomeCounts = z.output<typeof outcomeCountsSchema>;

/** One proxy's report. */
export const outcomeBatchSchema = z.object({
  proxyId,
  /** By endpoint id. */
  endpoints: z.record(z.string(), outcomeCountsSchema),
});
export type OutcomeBatch = ShapeOf<typeof outcomeBatchSchema>;
