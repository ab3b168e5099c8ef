/** `GET /api/history`, `GET /api/decisions` and `GET /events`: past and live events. */
import { z } from 'zod';
import { decisionSchema } from '../decide/decision.ts';
import { noticeSchema, severitySchema } from '../decide/notice.ts';
import { failureClass } from '../failure.ts';
import { count, duration, endpointIdSchema, moment, type PlainOf } from '../scalars.ts';
import { storeConnectionStatus } from '../store.ts';
import type { ApiRequestRecord } from '../usage/usage.ts';
import type { ApiState } from './api-state.ts';

/** One point of the latency chart. */
const sampleSchema = z
  .object({
    atMs: moment,
    endpointId: endpointIdSchema,
    /** `probe`: latency of the API call alone; `live`: time to first token of real requests. */
    source: z.enum(['probe', 'live']),
    verdict: z.discriminatedUnion('status', [
      z.object({ status: z.literal('ok'), latencyMs: duration }),
      z.object({ status: z.literal('failed'), failure: failureClass }),
    ]),
  })
  .meta({ id: 'Sample' });
export type ApiSample = PlainOf<typeof sampleSchema>;

const common = { id: z.string(), atMs: moment };

/** One line of the event log. Its id is its position in the stream, empty until it is appended. */
export const logEntrySchema = z
  .discriminatedUnion('kind', [
    z.object({ ...common, kind: z.literal('decision'), decision: decisionSchema }),
    z.object({
      ...common,
      kind: z.literal('notice'),
      severity: severitySchema,
      notice: noticeSchema,
    }),
    z.object({
      ...common,
      kind: z.literal('command'),
      command: z.string(),
      /** `loopback`, or the name of the token that was used. */
      actor: z.string(),
      endpointId: endpointIdSchema.nullable(),
      /** For an edit: the person or endpoint; for a grant: the recipient and the amount. */
      subject: z.string().nullable().default(null),
      outcome: z.enum(['applied', 'refused']),
    }),
    z.object({
      ...common,
      kind: z.literal('config'),
      outcome: z.enum(['applied', 'rejected']),
      problems: z.array(z.string()),
    }),
    z.object({ ...common, kind: z.literal('leader'), instanceId: z.string(), epoch: count }),
    z.object({ ...common, kind: z.literal('store'), status: storeConnectionStatus }),
  ])
  .meta({ id: 'LogEntry' });
export type ApiLogEntry = PlainOf<typeof logEntrySchema>;

/** Oldest first. At most 360 samples for each endpoint and 300 entries. */
export const historySchema = z
  .object({ samples: z.array(sampleSchema), log: z.array(logEntrySchema) })
  .meta({ id: 'History' });
export type ApiHistory = PlainOf<typeof historySchema>;

/** Newest first. */
export const decisionsSchema = z
  .object({ decisions: z.array(decisionSchema) })
  .meta({ id: 'Decisions' });

/**
 * What `GET /events` sends. First `state`, then `history` (or, if the client sent a
 * `Last-Event-ID` that is still known, the entries since then), then each change:
 *
 * - `state`: the whole ApiState, at most twice a second, and at least every 5 s as a heartbeat.
 *   No id: only the newest one counts.
 * - `history`: ApiHistory.
 * - `sample`: ApiSample. No id: a gap in a chart is harmless.
 * - `log`: ApiLogEntry; its id is the event's id.
 * - `request`: ApiRequestRecord, only with `GET /events?requests=true`. No id.
 */
export interface ApiStream {
  readonly state: ApiState;
  readonly history: ApiHistory;
  readonly sample: ApiSample;
  readonly log: ApiLogEntry;
  readonly request: ApiRequestRecord;
}
