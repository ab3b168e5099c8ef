/** The routing snapshot: what proxies route by. Written by the leading controller only. */
import { z } from 'zod';

import { count, duration, endpointId, moment, ratio, rising, type ShapeOf } from './scalars.ts';
import { modeSchema, selectionSchema } from './selection.ts';

export const health = z.enum(['unknown', 'healthy', 'unhealthy']);
/** Where a proxy has the order of endpoints from; `redis` is the usual state. */
export const snapshotSource = z.enum(['redis', 'disk', 'config']);
export type SnapshotSource = z.infer<typeof snapshotSource>;

/** One endpoint in the snapshot; health comes from probes only. */
const snapshotEndpointSchema = z.object({
  health,
  enabled: z.boolean(),
  available: z.boolean(),
  /** Expected time to a good answer; absent while nothing is known. */
  scoreMs: duration.optional(),
  /**
   * Rises when the sessions of this endpoint should choose again. A proxy remembers it with each
   * session's endpoint; a session that was placed under a smaller number goes to the active
   * endpoint with its next request. Absent: 0.
   */
  sessionGeneration: rising.optional(),
  /**
   * Rises when evidence ends the ejections of this endpoint: a passed probe, an operator's wish,
   * good answers at another proxy. A proxy that sees it rise admits requests again at once, a few
   * at first. Absent: 0.
   */
  recoveries: rising.optional(),
});
export type SnapshotEndpoint = ShapeOf<typeof snapshotEndpointSchema>;

/**
 * After a latency switch new traffic moves over gradually: the share that goes to the
 * active endpoint rises in a straight line from `startShare` to 1 over `durationMs`; the rest
 * goes to `fromId`. A proxy counts the time since it received the snapshot by its own monotonic
 * clock, adds `elapsedMs`, and asks `rampedEndpoint` in core with the session's id (or the
 * request's, where there is none): all replicas then place one session alike.
 * Only for sessions and requests without an endpoint: a session that has one keeps it.
 */
const rampSchema = z.object({
  fromId: endpointId,
  /** Share of new traffic that the active endpoint takes at first. */
  startShare: ratio,
  durationMs: count,
  /** Time since the switch when this snapshot was published. */
  elapsedMs: count,
});
export type Ramp = ShapeOf<typeof rampSchema>;

/** One of several endpoints that share the new sessions. */
const shareSchema = z.object({ id: endpointId, weight: z.number().positive() });
export type Share = ShapeOf<typeof shareSchema>;

const content = {
  selection: selectionSchema,
  mode: modeSchema,
  /** The order in which to try endpoints: the active one, then the fallbacks, best first. */
  order: z.array(endpointId),
  /** By endpoint id. */
  endpoints: z.record(z.string(), snapshotEndpointSchema),
  /** Present for some seconds after a latency switch. */
  ramp: rampSchema.optional(),
  /**
   * Present while new sessions are spread over several endpoints by their weights, the active one among
   * them: a proxy asks `sharedEndpoint` in core.
   */
  shares: z.array(shareSchema).optional(),
  /** The model is overloaded on most endpoints: going elsewhere helps nobody. */
  overloadedEverywhere: z.boolean(),
};

const snapshotContentSchema = z.object(content);
/** The part that the core decides; the publisher adds the rest. */
export type SnapshotContent = ShapeOf<typeof snapshotContentSchema>;

/**
 * A proxy takes only a larger (epoch, version) of the same incarnation, or another incarnation.
 * The snapshot names endpoints by id: URLs and tokens stay in each service's own configuration.
 */
export const snapshotSchema = z.object({
  /** Generated again whenever Redis was found empty. */
  incarnation: z.string(),
  /** Fencing token of the leader that wrote it. */
  epoch: rising,
  version: rising,
  configHash: z.string(),
  publishedAtMs: moment,
  /** The number of the last decision before it; absent in those of older controllers. */
  decision: count.optional(),
  ...content,
});
export type RoutingSnapshot = ShapeOf<typeof snapshotSchema>;
