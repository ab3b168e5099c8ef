/** `GET /api/state`: the whole current state. */
import { z } from 'zod';
import { decisionSchema } from '../decide/decision.ts';
import { LANGUAGES } from '../language.ts';
import { ejectionStateSchema } from '../route/ejection.ts';
import {
  activeRequestSchema,
  presenceReportSchema,
  presentSessionSchema,
} from '../route/presence.ts';
import { modeSchema, shownSelectionSchema } from '../route/selection.ts';
import { count, duration, moment, type PlainOf, usd, webScheme } from '../scalars.ts';
import { storeSchema } from '../store.ts';
import { apiEndpointSchema } from './api-endpoint.ts';

/** With moments: the controller's clock is the one that its readers see. */
const apiSessionSchema = presentSessionSchema
  .omit({ ageMs: true, idleMs: true, cacheRemainingMs: true })
  .extend({
    startedAtMs: moment,
    lastRequestAtMs: moment,
    /** When the endpoint is expected to drop its prompt cache. */
    cacheUntilAtMs: moment,
  })
  .meta({ id: 'Session' });
export type ApiSession = PlainOf<typeof apiSessionSchema>;

const apiRequestSchema = activeRequestSchema
  .omit({ ageMs: true })
  .extend({ startedAtMs: moment })
  .meta({ id: 'Request' });
export type ApiRequest = PlainOf<typeof apiRequestSchema>;

const apiProxySchema = presenceReportSchema.pick({ status: true }).extend({
  id: z.string(),
  /** Whether it routes by the newest snapshot. */
  isCurrent: z.boolean(),
  activeRequests: count,
  /** From its own requests, by endpoint id; admitted endpoints are not listed. */
  ejections: z.record(z.string(), ejectionStateSchema),
});

export const LOAD_LEVELS = ['idle', 'low', 'medium', 'high'] as const;

/** Limit of the lists of sessions and requests. */
export const MAX_ITEMS = 200;

/** Lists are bounded; `total` is the full count. */
export const apiStateSchema = z
  .object({
    atMs: moment,
    /** This controller's version. */
    version: z.string(),
    /** This controller's own view of who leads. */
    leadership: z.discriminatedUnion('status', [
      z.object({ status: z.literal('leading'), epoch: count, sinceAtMs: moment }),
      /** `leaderId` null: no leader, or Redis did not name one. */
      z.object({ status: z.literal('standby'), leaderId: z.string().nullable() }),
    ]),
    /** While Redis is away or refuses writes, nothing is decided and the state is as of `sinceAtMs`. */
    store: storeSchema,
    config: z.discriminatedUnion('status', [
      z.object({ status: z.literal('applied'), hash: z.string(), atMs: moment }),
      /** The file changed and was rejected; the previous configuration stays in use. */
      z.object({
        status: z.literal('rejected'),
        hash: z.string(),
        atMs: moment,
        problems: z.array(z.string()),
      }),
    ]),
    language: z.enum(LANGUAGES),
    proxyPort: count,
    /** `https` if `[server]` has a certificate. */
    proxyScheme: webScheme,
    /** The address of the proxy, if configured (`ZEPHYR_PUBLIC_URL`). */
    publicUrl: z.string().nullable(),
    /** Whether each person needs a key. */
    hasKeys: z.boolean(),
    mode: modeSchema,
    /** Pause stops probes and automatic latency switches; failures still switch. */
    automation: z.discriminatedUnion('status', [
      z.object({ status: z.literal('running') }),
      z.object({ status: z.literal('paused'), sinceAtMs: moment }),
    ]),
    selection: shownSelectionSchema,
    /** The last switch that took effect. */
    lastSwitch: decisionSchema.nullable(),
    /** Why latency switches are suspended. */
    freeze: z.discriminatedUnion('status', [
      z.object({ status: z.literal('none') }),
      z.object({ status: z.literal('flapping'), untilAtMs: moment }),
      /** The model is overloaded on most endpoints: moving would not help. */
      z.object({ status: z.literal('overload') }),
    ]),
    policy: z.object({ switchThresholdMs: duration, dwellMs: duration }),
    load: z.object({ level: z.enum(LOAD_LEVELS), activeRequests: count, requestsPerMinute: count }),
    endpoints: z.array(apiEndpointSchema),
    sessions: z.object({ total: count, items: z.array(apiSessionSchema).max(MAX_ITEMS) }),
    requests: z.object({ total: count, items: z.array(apiRequestSchema).max(MAX_ITEMS) }),
    proxies: z.array(apiProxySchema),
    cost: z.object({
      /** Since midnight UTC, all endpoints. */
      todayUsd: usd,
      /** For the whole day (UTC), at the rate of the last hour. */
      projectedUsd: usd,
      /** Saved today because live traffic made probes unnecessary. */
      savedUsd: usd,
      /** Sum of the groups' daily budgets; null if a group has none. */
      budgetUsd: usd.nullable(),
    }),
  })
  .meta({ id: 'State' });
export type ApiState = PlainOf<typeof apiStateSchema>;
