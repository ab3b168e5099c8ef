import { z } from 'zod';

import { duration, moment, ratio, type ShapeOf } from './scalars.ts';

/** The expected time to a good answer, and what it is made of: the parts add up to the total. */
export const scoreSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({
      status: z.literal('known'),
      totalMs: duration,
      /** Smoothed latency of recent probes. */
      latencyMs: duration,
      /** By how much people wait longer here than is usual for their requests. */
      liveMs: duration,
      /** The expected cost of failures: their probability times the time that one loses. */
      failureMs: duration,
      /** What a rate limit that is nearly used up is expected to cost; absent where there is room. */
      limitMs: duration.optional(),
      /** What the configuration says against it: a later priority, a higher price. */
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
