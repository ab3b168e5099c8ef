/** What has happened: decisions, notices, samples, and the stream that tells them as they come. */
import { UNAVAILABLE_CODES } from '@zephyr/core';
import { z } from 'zod';

import { scoreSchema } from './endpoint.ts';
import { count, duration, failure, id, moment, reason } from './words.ts';

/** One point of the latency chart. */
export const sampleSchema = z
  .object({
    atMs: moment,
    endpointId: id,
    /** `probe`: latency of the API call alone; `live`: time to first token of real requests. */
    source: z.enum(['probe', 'live']),
    verdict: z.discriminatedUnion('status', [
      z.object({ status: z.literal('ok'), latencyMs: duration }),
      z.object({ status: z.literal('failed'), failure }),
    ]),
  })
  .meta({ id: 'Sample' });
export type ApiSample = z.infer<typeof sampleSchema>;

/** An endpoint as it looked when a decision was made. */
const consideredSchema = z.object({
  id,
  unavailable: z.array(z.enum(UNAVAILABLE_CODES)),
  score: scoreSchema,
  activeRequests: count,
});

/** See `Trade` in core. */
const tradeSchema = z.object({
  verdict: z.enum(['move', 'stay']),
  sessions: count,
  cachedTokens: z.number().nonnegative(),
  rebuildUsd: z.number(),
  rebuildMs: z.number(),
  gainMs: z.number(),
  gainUsd: z.number(),
});

/** See `Decision` in core. */
export const decisionSchema = z
  .object({
    number: count,
    atMs: moment,
    phase: z.enum(['planned', 'switched', 'settled', 'withdrawn']),
    reason,
    fromId: id,
    toId: id,
    /** The kind of the event that led to it. */
    trigger: z.string(),
    /** The failure behind a failure switch. */
    failure: failure.optional(),
    /** Of a latency switch. */
    gain: z
      .object({
        gainMs: z.number(),
        neededMs: z.number(),
        standardErrorMs: duration,
        confirmations: count,
      })
      .optional(),
    /** What moving the running sessions along would cost, against what it would gain. */
    trade: tradeSchema.optional(),
    considered: z.array(consideredSchema),
  })
  .meta({ id: 'Decision' });
export type ApiDecision = z.infer<typeof decisionSchema>;

const aboutEndpoint = { endpointId: id };
const aboutGroup = { groupName: z.string() };

/** See `Notice` in core. */
export const noticeSchema = z
  .discriminatedUnion('code', [
    z.object({ code: z.literal('endpoint_healthy'), ...aboutEndpoint }),
    z.object({
      code: z.literal('endpoint_unhealthy'),
      ...aboutEndpoint,
      failure,
      detail: z.string(),
    }),
    z.object({ code: z.literal('token_refused'), ...aboutEndpoint, failure }),
    z.object({ code: z.literal('token_accepted'), ...aboutEndpoint }),
    z.object({ code: z.literal('overload_began') }),
    z.object({ code: z.literal('overload_ended') }),
    z.object({ code: z.literal('flapping_frozen'), untilAtMs: moment }),
    z.object({ code: z.literal('flapping_thawed') }),
    z.object({ code: z.literal('pin_cleared'), ...aboutEndpoint }),
    z.object({ code: z.literal('pin_unavailable'), ...aboutEndpoint }),
    z.object({ code: z.literal('pin_available'), ...aboutEndpoint }),
    z.object({ code: z.literal('nothing_available') }),
    z.object({ code: z.literal('available_again') }),
    z.object({ code: z.literal('budget_nearly_spent'), ...aboutGroup }),
    z.object({ code: z.literal('budget_spent'), ...aboutGroup }),
    z.object({ code: z.literal('sessions_moved'), ...aboutEndpoint, trade: tradeSchema }),
    z.object({ code: z.literal('late_probe_dropped'), ...aboutEndpoint }),
  ])
  .meta({ id: 'Notice' });
export type ApiNotice = z.infer<typeof noticeSchema>;

const logBase = { id: z.string(), atMs: moment };

/** One line of the event log. */
export const logEntrySchema = z
  .discriminatedUnion('kind', [
    z.object({ ...logBase, kind: z.literal('decision'), decision: decisionSchema }),
    z.object({
      ...logBase,
      kind: z.literal('notice'),
      severity: z.enum(['info', 'warning', 'critical']),
      notice: noticeSchema,
    }),
    z.object({
      ...logBase,
      kind: z.literal('command'),
      command: z.string(),
      /** `loopback`, or the name of the token that was used. */
      actor: z.string(),
      endpointId: id.nullable(),
      outcome: z.enum(['applied', 'refused']),
    }),
    z.object({
      ...logBase,
      kind: z.literal('config'),
      outcome: z.enum(['applied', 'refused']),
      problems: z.array(z.string()),
    }),
    z.object({ ...logBase, kind: z.literal('leader'), instanceId: z.string(), epoch: count }),
    z.object({ ...logBase, kind: z.literal('store'), status: z.enum(['connected', 'away']) }),
  ])
  .meta({ id: 'LogEntry' });
export type ApiLogEntry = z.infer<typeof logEntrySchema>;

/** Oldest first. At most 360 samples for each endpoint and 300 entries. */
export const historySchema = z
  .object({ samples: z.array(sampleSchema), log: z.array(logEntrySchema) })
  .meta({ id: 'History' });
export type ApiHistory = z.infer<typeof historySchema>;

export const decisionsSchema = z
  .object({ decisions: z.array(decisionSchema) })
  .meta({ id: 'Decisions' });

/**
 * What `GET /events` sends. First `state`, then `history` (or, when the client named its
 * `Last-Event-ID` and it is still known, the entries since then), then each change:
 *
 * - `state`: the whole ApiState, at most twice a second, and at least every 5 s as a sign of life;
 *   no id, for only the newest one counts.
 * - `history`: ApiHistory.
 * - `sample`: ApiSample. No id: a gap in a chart is harmless.
 * - `log`: ApiLogEntry, its id is the event's id.
 */
export const STREAM_EVENTS = ['state', 'history', 'sample', 'log'] as const;
