/** What is true now. */
import { z } from 'zod';

import { REQUEST_PHASES } from '../redis/records.ts';
import { endpointSchema } from './endpoint.ts';
import { decisionSchema } from './log.ts';
import { count, duration, failure, id, modeSchema, moment, selectionSchema } from './words.ts';

/** A running Claude Code session, by a pseudonym. */
export const sessionSchema = z
  .object({
    /** A keyed hash of the session: the same while the controller's Redis lives, nothing else. */
    id: z.string(),
    endpointId: id,
    /** Name of the `[[clients]]` key; null where keys are not used. */
    client: z.string().nullable(),
    startedAtMs: moment,
    lastRequestAtMs: moment,
    requests: count,
    activeRequests: count,
    /** Until when the endpoint is expected to keep its prompt cache. */
    cacheUntilAtMs: moment,
  })
  .meta({ id: 'Session' });
export type ApiSession = z.infer<typeof sessionSchema>;

/** A request that is running now. */
export const requestSchema = z
  .object({
    id: z.string(),
    endpointId: id,
    startedAtMs: moment,
    /** `waiting`: sent, no content yet; `streaming`: content has reached the client. */
    phase: z.enum(REQUEST_PHASES),
    /** 1 for the first endpoint that was tried. */
    attempt: count,
    client: z.string().nullable(),
    sessionId: z.string().nullable(),
  })
  .meta({ id: 'Request' });
export type ApiRequest = z.infer<typeof requestSchema>;

export const LOAD_LEVELS = ['idle', 'low', 'medium', 'high'] as const;

/** All that is true now. Lists are bounded; `total` says how many there are. */
export const stateSchema = z
  .object({
    atMs: moment,
    /** This controller's own view of who leads. */
    leadership: z.discriminatedUnion('status', [
      z.object({ status: z.literal('leading'), epoch: count, sinceAtMs: moment }),
      z.object({ status: z.literal('standby'), leaderId: z.string().nullable() }),
    ]),
    /** While Redis is away nothing is decided and what is shown is as old as `sinceAtMs`. */
    store: z.discriminatedUnion('status', [
      z.object({ status: z.literal('connected') }),
      z.object({ status: z.literal('away'), sinceAtMs: moment }),
    ]),
    config: z.discriminatedUnion('status', [
      z.object({ status: z.literal('applied'), hash: z.string(), atMs: moment }),
      /** The file has changed and was refused; the former one is still in use. */
      z.object({
        status: z.literal('refused'),
        hash: z.string(),
        atMs: moment,
        problems: z.array(z.string()),
      }),
    ]),
    language: z.enum(['en', 'zh']),
    proxyPort: count,
    mode: modeSchema,
    /** Pause stops the checks and automatic latency switches; failures still switch. */
    automation: z.discriminatedUnion('status', [
      z.object({ status: z.literal('running') }),
      z.object({ status: z.literal('paused'), sinceAtMs: moment }),
    ]),
    selection: selectionSchema,
    /** The last switch that took effect. */
    lastSwitch: decisionSchema.nullable(),
    /** Why no latency switch is made now. */
    freeze: z.discriminatedUnion('status', [
      z.object({ status: z.literal('none') }),
      z.object({ status: z.literal('flapping'), untilAtMs: moment }),
      /** The model is overloaded on most endpoints: to move would not help. */
      z.object({ status: z.literal('overload') }),
    ]),
    policy: z.object({ switchThresholdMs: duration, dwellMs: duration }),
    load: z.object({ level: z.enum(LOAD_LEVELS), activeRequests: count, requestsPerMinute: count }),
    endpoints: z.array(endpointSchema),
    sessions: z.object({ total: count, items: z.array(sessionSchema).max(200) }),
    requests: z.object({ total: count, items: z.array(requestSchema).max(200) }),
    proxies: z.array(
      z.object({
        id: z.string(),
        status: z.enum(['serving', 'draining']),
        /** Whether it routes by the newest snapshot. */
        current: z.boolean(),
        activeRequests: count,
        /** What it found out by its own requests; endpoints that are not listed are admitted. */
        ejections: z.array(
          z.object({
            endpointId: id,
            status: z.enum(['ejected', 'half_open']),
            failure,
            /** When it is half-open at the latest. */
            untilAtMs: moment,
          }),
        ),
      }),
    ),
    cost: z.object({
      /** Since midnight UTC, all endpoints. */
      todayUsd: z.number().nonnegative(),
      /** At the present pace until midnight UTC. */
      projectedUsd: z.number().nonnegative(),
      /** What live traffic has saved today. */
      savedUsd: z.number().nonnegative(),
      /** Sum of the groups' daily budgets; null where a group has none. */
      budgetUsd: z.number().nonnegative().nullable(),
    }),
  })
  .meta({ id: 'State' });
export type ApiState = z.infer<typeof stateSchema>;
