import { z } from 'zod';

import { duration, moment, ratio, type ShapeOf } from '../scalars.ts';

/** The expected time to a good answer and its parts, which add up to the total. */
export const scoreSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({
      status: z.literal('known'),
      totalMs: duration,
      /** Smoothed latency of recent probes. */
      latencyMs: duration,
      /** How much longer requests wait here than is usual for their class. */
      liveMs: duration,
      /** The expected cost of failures: their probability times the time lost per failure. */
      failureMs: duration,
      /** The expected cost of a rate limit that is nearly used up; absent if there is headroom. */
      rateLimitMs: duration.optional(),
      /** A penalty from the configuration: a lower priority, a higher price. */
      preferenceMs: duration,
      /** One standard error of the latency: few or old samples count against an endpoint. */
      uncertaintyMs: duration,
      /** Weighted share of recent attempts that failed. */
      failureRatio: ratio,
      /** The effective number of samples after decay. */
      samples: z.number().nonnegative(),
      /** When the newest sample was taken. */
      measuredAtMs: moment,
    }),
  ])
  .meta({ id: 'Score' });
export type Score = ShapeOf<typeof scoreSchema>;
