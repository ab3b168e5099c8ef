/** Hourly and daily rollups: written by the leading controller, served by `GET /api/trends`. */
import { z } from 'zod';
import {
  count,
  duration,
  endpointIdSchema,
  moment,
  type PlainOf,
  ratio,
  type ShapeOf,
  usd,
} from '../scalars.ts';
import { TIME_DIMENSIONS } from '../usage/usage.ts';
import { BUCKET_ERROR } from './latency-buckets.ts';

/** `[bucket, count]`: see `latencyBucket` of the controller. */
const latencyCounts = z.array(z.tuple([count, count])).max(100);
const attempts = z.object({ succeeded: count, failed: count, latencies: latencyCounts });

/** Excluding the time during which an operator had disabled it. */
const availability = { observedMs: duration, availableMs: duration };

const endpointRollupSchema = z.object({
  ...availability,
  /** `latencies` of the API call alone. */
  probes: attempts,
  /** `latencies` are times to first token. */
  requests: attempts,
  probesUsd: usd,
});
export type EndpointRollup = ShapeOf<typeof endpointRollupSchema>;

const switchCountsSchema = z.object({
  /** The active endpoint could no longer serve. */
  failure: count,
  /** Another one was faster, or preferred. */
  latency: count,
  /** An operator pinned or configured it. */
  operator: count,
});
export type SwitchCounts = ShapeOf<typeof switchCountsSchema>;

export const rollupSchema = z.object({
  /** When the hour or the day began, UTC. */
  fromAtMs: moment,
  switches: switchCountsSchema,
  /** By endpoint id. */
  endpoints: z.record(z.string(), endpointRollupSchema),
});
export type Rollup = ShapeOf<typeof rollupSchema>;

const percentiles = z
  .object({ medianMs: duration, p95Ms: duration })
  .nullable()
  .meta({ description: `Exact to ${Math.round(BUCKET_ERROR * 100)} %; null without any` });

const trendEndpointSchema = z.object({
  endpointId: endpointIdSchema,
  ...availability,
  /** Null if it was not observed. */
  availableRatio: ratio.nullable(),
  probes: z.object({ succeeded: count, failed: count, latency: percentiles }),
  requests: z.object({ succeeded: count, failed: count, latency: percentiles }),
  probesUsd: usd,
});

const trendPointSchema = z
  .object({
    fromAtMs: moment,
    switches: switchCountsSchema,
    endpoints: z.array(trendEndpointSchema),
  })
  .meta({ id: 'TrendPoint' });
export type TrendPoint = PlainOf<typeof trendPointSchema>;

/** Oldest first; hours and days in which no controller led are left out. */
export const trendsSchema = z
  .object({
    unit: z.enum(TIME_DIMENSIONS),
    sinceAtMs: moment,
    untilAtMs: moment,
    points: z.array(trendPointSchema),
  })
  .meta({ id: 'Trends' });
export type Trends = PlainOf<typeof trendsSchema>;
