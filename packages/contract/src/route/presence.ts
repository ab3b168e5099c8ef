/** What one proxy is doing now. Renewed every second, less often when idle; expires if the proxy dies. */
import { z } from 'zod';
import { MAX_REQUEST_ID_CHARACTERS, MAX_SESSION_ID_CHARACTERS } from '../id-length.ts';
import { personName } from '../names.ts';
import { count, endpointIdSchema, moment, proxyId, type ShapeOf } from '../scalars.ts';
import { ejectionReportSchema } from './ejection.ts';
import { sessionLoadSchema } from './session.ts';
import { snapshotIdSchema } from './snapshot.ts';

export const PROXY_STATUSES = ['serving', 'draining'] as const;

/**
 * - `connecting`: not sent yet.
 * - `waiting`: sent, no content yet.
 * - `streaming`: content has reached the client.
 */
export const REQUEST_PHASES = ['connecting', 'waiting', 'streaming'] as const;
export type RequestPhase = (typeof REQUEST_PHASES)[number];

/** The part that decisions need. */
export const presenceReportSchema = z.object({
  proxyId,
  status: z.enum(PROXY_STATUSES),
  /** Active requests by endpoint id. */
  activeRequests: z.record(z.string(), count),
  /** Local ejections by endpoint id; admitted endpoints are not listed. */
  ejections: z.record(z.string(), ejectionReportSchema),
  /** By endpoint id; absent if sessions are not tracked. */
  sessions: z.record(z.string(), sessionLoadSchema).optional(),
});
export type PresenceReport = ShapeOf<typeof presenceReportSchema>;

/** How many requests, and how many sessions, a proxy lists individually. */
export const MAX_LISTED = 50;

/** An active request, for display. */
export const activeRequestSchema = z.object({
  id: z.string().max(MAX_REQUEST_ID_CHARACTERS),
  endpointId: endpointIdSchema,
  ageMs: count,
  phase: z.enum(REQUEST_PHASES),
  /** 1 for the first endpoint that was tried. */
  attempt: count,
  /** The owner of its key; `anonymous` if keys are not used. */
  person: personName,
  sessionId: z.string().max(MAX_SESSION_ID_CHARACTERS).nullable(),
});
export type PresentRequest = ShapeOf<typeof activeRequestSchema>;

/** An active Claude Code session, for display. */
export const presentSessionSchema = z.object({
  /** Its pseudonym: a keyed hash, stable until the controller's Redis is emptied. */
  id: z.string().max(MAX_SESSION_ID_CHARACTERS),
  endpointId: endpointIdSchema,
  /** As in a request; null while the proxy knows the session only from another one. */
  person: personName.nullable(),
  ageMs: count,
  idleMs: count,
  requests: count,
  activeRequests: count,
  /** How long the endpoint is expected to keep the session's prompt cache. */
  cacheRemainingMs: count,
});
export type PresentSession = ShapeOf<typeof presentSessionSchema>;

/** The whole record. */
export const proxyPresenceSchema = presenceReportSchema.extend({
  startedAtMs: moment,
  /** The snapshot in use; null before the first. */
  snapshot: snapshotIdSchema.nullable(),
  configHash: z.string(),
  /** Active requests individually; absent if they are not listed. */
  requests: z.array(activeRequestSchema).max(MAX_LISTED).optional(),
  sessionList: z.array(presentSessionSchema).max(MAX_LISTED).optional(),
});
export type ProxyPresence = ShapeOf<typeof proxyPresenceSchema>;
