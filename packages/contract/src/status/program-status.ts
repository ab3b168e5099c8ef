/**
 * `GET /status` of a proxy, for programs: keys in snake_case as in the configuration, and times as ages or as what
 * is left, so that no two clocks need to agree. The status page gets the same facts in the shapes of the admin API
 * (proxy-status.ts).
 */
import { z } from 'zod';
import { failureClass } from '../failure.ts';
import { SHOWN_PROBE_LATENCIES } from '../probe/probe.ts';
import { programEjectionSchema } from '../route/ejection.ts';
import { PROXY_STATUSES } from '../route/presence.ts';
import { rateLimitKind } from '../route/rate-limit.ts';
import { modeKind, reasonCode } from '../route/selection.ts';
import { health, shownSnapshotSchema } from '../route/snapshot.ts';
import { count, duration, endpointIdSchema, type PlainOf, ratio } from '../scalars.ts';
import { storeConnectionStatus } from '../store.ts';

/** How many of an endpoint's latest times to first token are shown. */
export const SHOWN_LIVE_TIMES = 50;

/** The history is oldest first. */
const latencySchema = (most: number) =>
  z.object({
    last_ms: duration,
    mean_ms: duration,
    p95_ms: duration,
    history_ms: z.array(duration).max(most),
  });

const programEndpointSchema = z.object({
  id: endpointIdSchema,
  name: z.string(),
  group: z.string(),
  health,
  enabled: z.boolean(),
  available: z.boolean(),
  /** The expected time to a good answer; null while it is unknown. */
  score_ms: duration.nullable(),
  /** Its share of new sessions while several endpoints share them; null otherwise. */
  share: ratio.nullable(),
  active_requests: count,
  ejection: programEjectionSchema,
  /** Time to first token of this proxy's last fifty requests; null if there are none. */
  latency: latencySchema(SHOWN_LIVE_TIMES).nullable(),
  last_success_ago_ms: count.nullable(),
  /** A failure of the endpoint, its token or its load; never of a client. */
  last_failure: z.object({ failure: failureClass, ago_ms: count }).nullable(),
  /** As known to the leading controller; null while Redis is away. */
  probes: z
    .object({
      last: z
        .object({
          ago_ms: count,
          /** Null: it passed. */
          failure: failureClass.nullable(),
          /** Of the API call; null if it failed. */
          latency_ms: duration.nullable(),
        })
        .nullable(),
      /** Of the last twenty that the model answered; null if there are none. */
      latency: latencySchema(SHOWN_PROBE_LATENCIES).nullable(),
    })
    .nullable(),
  /** The limits of its token, as reported in its answers to this proxy. */
  rate_limits: z.array(
    z.object({
      kind: rateLimitKind,
      remaining_share: ratio,
      remaining: count.nullable(),
      limit: count.nullable(),
      resets_in_ms: count,
    }),
  ),
});
export type ProgramEndpoint = PlainOf<typeof programEndpointSchema>;

const programStatusSchema = z.object({
  /** The endpoint that a new session would use; null if no endpoint can be used. */
  current_endpoint: z.string().nullable(),
  current_endpoint_id: endpointIdSchema.nullable(),
  mode: modeKind,
  pinned_endpoint_id: endpointIdSchema.nullable(),
  /** Why the active endpoint was selected. */
  reason: reasonCode,
  active_requests: count,
  endpoints: z.array(programEndpointSchema),
  snapshot: shownSnapshotSchema.extend({ age_ms: count }),
  redis: storeConnectionStatus,
  /** Finished requests whose usage is not yet written to Redis. */
  usage: z.object({ unwritten_requests: count }),
  proxy: z.object({
    id: z.string(),
    version: z.string(),
    status: z.enum(PROXY_STATUSES),
    uptime_ms: count,
  }),
});
export type ProgramStatus = PlainOf<typeof programStatusSchema>;
