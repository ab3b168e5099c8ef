/** The routing snapshot: what proxies route by. Written by the leading controller only. */
import { z } from 'zod';

import {
  count,
  duration,
  endpointIdSchema,
  moment,
  ratio,
  rising,
  type ShapeOf,
} from '../scalars.ts';
import { modeSchema, selectionSchema } from './selection.ts';

export const health = z.enum(['unknown', 'healthy', 'unhealthy']);
/** The source of a proxy's order of endpoints; normally `redis`. */
export const snapshotSource = z.enum(['redis', 'disk', 'config']);
export type SnapshotSource = z.infer<typeof snapshotSource>;

/** Which snapshot it is: the larger (epoch, version) of one incarnation is newer. */
export const snapshotIdSchema = z.object({
  /** Regenerated whenever Redis is found empty. */
  incarnation: z.string(),
  /** Fencing token of the leader that wrote it. */
  epoch: rising,
  version: rising,
});

const { incarnation, epoch, version } = snapshotIdSchema.shape;

/** The snapshot by which a proxy routes, as it shows it; its id is null before the first. */
export const shownSnapshotSchema = z.object({
  source: snapshotSource,
  incarnation: incarnation.nullable(),
  epoch: epoch.nullable(),
  version: version.nullable(),
});

/** One endpoint in the snapshot; health comes from probes only. */
const snapshotEndpointSchema = z.object({
  health,
  enabled: z.boolean(),
  available: z.boolean(),
  /** Expected time to a good answer; absent while unknown. */
  scoreMs: duration.optional(),
  /**
   * Incremented when the sessions of this endpoint should be placed again. A proxy remembers it with each
   * session's endpoint; a session placed under a smaller number moves to the active endpoint with its
   * next request. Absent: 0.
   */
  sessionGeneration: rising.optional(),
  /**
   * Incremented when evidence ends the ejections of this endpoint: a passed probe, an operator's
   * command, good answers at another proxy. A proxy that sees it rise admits requests again immediately,
   * a few at first. Absent: 0.
   */
  recoveries: rising.optional(),
});
export type SnapshotEndpoint = ShapeOf<typeof snapshotEndpointSchema>;

/**
 * After a latency switch new traffic moves over gradually: the active endpoint's share rises linearly
 * from `startShare` to 1 over `durationMs`; the rest goes to `fromId`. A proxy measures the time since it
 * received the snapshot with its own monotonic clock, adds `elapsedMs`, and calls `rampedEndpoint` in core
 * with the session's id (or the request's if there is none), so that all replicas place a session alike.
 * Applies only to sessions and requests without an endpoint: a session that has one keeps it.
 */
const rampSchema = z.object({
  fromId: endpointIdSchema,
  /** Share of new traffic that the active endpoint gets at first. */
  startShare: ratio,
  durationMs: count,
  /** Time since the switch when this snapshot was published. */
  elapsedMs: count,
});
export type Ramp = ShapeOf<typeof rampSchema>;

/** One of several endpoints that share new sessions. */
const shareSchema = z.object({ id: endpointIdSchema, weight: z.number().positive() });
export type Share = ShapeOf<typeof shareSchema>;

const content = {
  selection: selectionSchema,
  mode: modeSchema,
  /** The order in which to try endpoints: the active one, then the fallbacks, best first. */
  order: z.array(endpointIdSchema),
  /** By endpoint id. */
  endpoints: z.record(z.string(), snapshotEndpointSchema),
  /** Present for some seconds after a latency switch. */
  ramp: rampSchema.optional(),
  /**
   * Present while new sessions are spread by weight over several endpoints, including the active one:
   * a proxy calls `sharedEndpoint` in core.
   */
  shares: z.array(shareSchema).optional(),
  /** The model is overloaded on most endpoints: moving would not help. */
  isOverloadedEverywhere: z.boolean(),
};

const snapshotContentSchema = z.object(content);
/** The part that the core decides; the publisher adds the rest. */
export type SnapshotContent = ShapeOf<typeof snapshotContentSchema>;

/**
 * A proxy accepts only a larger (epoch, version) of the same incarnation, or another incarnation.
 * The snapshot refers to endpoints by id: URLs and tokens stay in each service's own configuration.
 */
export const snapshotSchema = snapshotIdSchema.extend({
  configHash: z.string(),
  publishedAtMs: moment,
  /** The number of the last decision before it; absent in snapshots of older controllers. */
  decision: count.optional(),
  ...content,
});
export type RoutingSnapshot = ShapeOf<typeof snapshotSchema>;
