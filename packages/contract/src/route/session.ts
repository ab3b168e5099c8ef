/** Claude Code sessions, which proxies keep at one endpoint to use its prompt cache. */
import { z } from 'zod';

import { count, endpointIdSchema, proxyId, type ShapeOf } from '../scalars.ts';

/** Model families by price; `other` is treated like Sonnet. */
export const MODEL_FAMILIES = ['haiku', 'sonnet', 'opus', 'other'] as const;
export const modelFamily = z.enum(MODEL_FAMILIES);
export type ModelFamily = z.infer<typeof modelFamily>;

/** The active sessions that one proxy has placed on one endpoint. */
export const sessionLoadSchema = z.object({
  /** Sessions with a request within the cache lifetime. */
  active: count,
  /**
   * Prompt tokens in the endpoint's cache: the sum of `cacheReadTokens + cacheWriteTokens` in the
   * usage of each session's last answer.
   */
  cachedTokens: z.partialRecord(modelFamily, count),
});
export type SessionLoad = ShapeOf<typeof sessionLoadSchema>;

/** The person's name (40 characters), or an address (45), and Claude Code's session id (64). */
const MAX_SHARED_SESSION_CHARACTERS = 160;
/** The rest follows in the next batch. */
export const MAX_SESSIONS_IN_BATCH = 500;

/** A placement as shared between proxies. */
const sharedSessionSchema = z.object({
  id: z.string().max(MAX_SHARED_SESSION_CHARACTERS),
  endpointId: endpointIdSchema,
  /** See `sessionGeneration` of the snapshot. */
  generation: count,
  /** Time since its last request when this was written. */
  idleMs: count,
});
export type SharedSession = ShapeOf<typeof sharedSessionSchema>;

/** Sessions that one proxy has placed, for the other proxies to adopt. Never awaited by a request. */
export const sessionBatchSchema = z.object({
  proxyId,
  sessions: z.array(sharedSessionSchema).max(MAX_SESSIONS_IN_BATCH),
});
export type SessionBatch = ShapeOf<typeof sessionBatchSchema>;
