/** What an hour or a day was like: written by the leading controller, shown by `GET /api/trends`. */
import { z } from 'zod';

import {
  count,
  duration,
  endpointId,
  moment,
  type PlainOf,
  ratio,
  type ShapeOf,
  usd,
} from './scalars.ts';
import { TIME_DIMENSIONS } from './usage.ts';

/** `[bucket, how many]`: see `latencyBucket` of the controller. */
const latencyCounts = z.array(z.tuple([count, count])).max(100);
const attempts = z.object({ succeeded: count, failed: count, latencies: latencyCounts });

/** Without the time in which an operator had disabled it. */
const availability = { observedMs: duration, availableMs: duration };

const endpointRollupSchema = z.object({
  ...availability,
  /** `latencies` by the API's part of the time. */
  probes: attempts,
  /** `latencies` until the first content. */
  requests: attempts,
  probesUsd: usd,
});
export type EndpointRollup = ShapeOf<typeof endpointRollupSchema>;

const switchCountsSchema = z.object({
  /** The endpoint that served could not any more. */
  failure: count,
  /** Another one was faster, or preferred. */
  latency: count,
  /** People chose or configured it. */
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
  .meta({ description: 'Exact to 9 %; null without any' });

const trendEndpointSchema = z.object({
  endpointId,
  ...availability,
  /** Null where it was not observed. */
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
