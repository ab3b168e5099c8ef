import { z } from 'zod';

import { knownProbeScoreSchema } from '../probe/probe.ts';
import { duration, moment, ratio, type ShapeOf } from '../scalars.ts';

/** `latencyMs`: the smoothed one of recent probes. */
const knownScoreSchema = knownProbeScoreSchema.extend({
  /** How much longer requests wait here than is usual for their class. */
  liveMs: duration,
  /** The expected cost of a rate limit that is nearly used up; absent if there is headroom. */
  rateLimitMs: duration.optional(),
  /** A penalty from the configuration: a lower priority, a higher price. */
  preferenceMs: duration,
  /** Weighted share of recent attempts that failed. */
  failureRatio: ratio,
  /** The effective number of samples after decay. */
  samples: z.number().nonnegative(),
  /** When the newest sample was taken. */
  measuredAtMs: moment,
});

/** The expected time to a good answer and its parts, which add up to the total. */
export const scoreSchema = z
  .discriminatedUnion('status', [z.object({ status: z.literal('unknown') }), knownScoreSchema])
  .meta({ id: 'Score' });
export type Score = ShapeOf<typeof scoreSchema>;
