/** One endpoint as shown to people: its score, its health, its probes. */
import { z } from 'zod';

import { consideredSchema } from '../decide/decision.ts';
import { failureClass } from '../failure.ts';
import {
  DIRECT_PROBE_STATES,
  probePlanSchema,
  probeStyle,
  SHOWN_PROBE_LATENCIES,
} from '../probe/probe.ts';
import { ejectionStateSchema } from '../route/ejection.ts';
import { shownRateLimitSchema } from '../route/rate-limit.ts';
import { count, duration, moment, type PlainOf, ratio, type ShapeOf, usd } from '../scalars.ts';

/** Derived from probes only. */
const healthSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('healthy'), sinceAtMs: moment }),
    z.object({
      status: z.literal('unhealthy'),
      sinceAtMs: moment,
      failure: failureClass,
      /** Redacted, at most `MAX_DETAIL_CHARACTERS`. */
      detail: z.string(),
    }),
  ])
  .meta({ id: 'Health' });
export type ShownHealth = ShapeOf<typeof healthSchema>;

/** Whether the group's token is accepted. A separate axis: the endpoint itself may be healthy. */
const tokenAccessSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('accepted') }),
    z.object({ status: z.literal('doubted'), failure: failureClass }),
    z.object({ status: z.literal('refused'), sinceAtMs: moment, failure: failureClass }),
  ])
  .meta({ id: 'TokenAccess' });
export type ShownTokenAccess = ShapeOf<typeof tokenAccessSchema>;

const endpointProbeSchema = z
  .object({
    style: probeStyle,
    plan: probePlanSchema,
    /** Whether direct requests replace the CLI; null if the configuration fixes the style. */
    direct: z.enum(DIRECT_PROBE_STATES).nullable(),
    /** Null if never with this URL and token. */
    cliPassedAtMs: moment.nullable(),
    isRunning: z.boolean(),
    /** The next planned probe; null while none is planned. */
    nextAtMs: moment.nullable(),
    last: z
      .object({
        atMs: moment,
        wallMs: duration,
        verdict: z.discriminatedUnion('status', [
          z.object({ status: z.literal('ok'), latencyMs: duration }),
          z.object({ status: z.literal('failed'), failure: failureClass, detail: z.string() }),
        ]),
      })
      .nullable(),
    /** Of the last twenty probes that the model answered, oldest first; null if there are none. */
    latency: z
      .object({
        lastMs: duration,
        meanMs: duration,
        p95Ms: duration,
        historyMs: z.array(duration).max(SHOWN_PROBE_LATENCIES),
      })
      .nullable(),
    /** Since midnight UTC. */
    today: z.object({
      probes: count,
      /** Probes that fresh live traffic made unnecessary. */
      saved: count,
      inputTokens: count,
      outputTokens: count,
      costUsd: usd,
    }),
  })
  .meta({ id: 'EndpointProbe' });

export const apiEndpointSchema = z
  .object({
    ...consideredSchema.shape,
    name: z.string(),
    groupName: z.string(),
    /** Origin and path, without credentials. */
    url: z.string(),
    /** Position in the order of trial, 0 is the active one; null if it may not be tried. */
    rank: count.nullable(),
    /** Its share of new sessions while several endpoints share them; null otherwise. */
    share: ratio.nullable(),
    enabled: z.boolean(),
    available: z.boolean(),
    /** When it became unavailable; null if it is available. */
    unavailableSinceAtMs: moment.nullable(),
    health: healthSchema,
    /** By vote of the proxies. */
    ejection: ejectionStateSchema,
    token: tokenAccessSchema,
    /** The limits of its token, as reported in its answers, until they reset. */
    rateLimits: z.array(shownRateLimitSchema),
    /** Over probes and live requests of the last ten minutes; null if there are none. */
    successRatio: ratio.nullable(),
    /** Over those of the last one to two minutes; null if there are fewer than five. */
    presentFailureRatio: ratio.nullable(),
    sessions: count,
    probe: endpointProbeSchema,
  })
  .meta({ id: 'Endpoint' });
export type ApiEndpoint = PlainOf<typeof apiEndpointSchema>;
