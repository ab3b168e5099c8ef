/** Claude Code sessions, which proxies keep at one endpoint for the sake of its prompt cache. */
import { z } from 'zod';

import { count, endpointId, type ShapeOf } from './scalars.ts';

/** Families of models by price; `other` is counted like Sonnet. */
export const MODEL_FAMILIES = ['haiku', 'sonnet', 'opus', 'other'] as const;
export const modelFamily = z.enum(MODEL_FAMILIES);
export type ModelFamily = z.infer<typeof modelFamily>;

/** The running sessions that one proxy has placed on one endpoint. */
export const sessionLoadSchema = z.object({
  /** Sessions that asked something within the cache lifetime. */
  running: count,
  /**
   * Tokens of their prompts that the endpoint holds in its cache: of each session's last answer,
   * `cacheReadTokens + cacheWriteTokens` of its usage.
   */
  cachedTokens: z.partialRecord(modelFamily, count),
});
export type SessionLoad = ShapeOf<typeof sessionLoadSchema>;

/** What is left follows with the next batch. */
export const MAX_SESSIONS_IN_BATCH = 500;

/** Sessions that one proxy has placed; the others take them over. Never awaited by a request. */
export const sessionBatchSchema = z.object({
  proxyId: z.string().max(100),
  sessions: z
    .array(
      z.object({
        /** A person's name (at most 64 characters) and the id that Claude Code gave (64). */
        id: z.string().max(160),
        endpointId,
        /** See `sessionGeneration` of the snapshot. */
        generation: count,
        idleMs: count,
      }),
    )
    .max(MAX_SESSIONS_IN_BATCH),
});
export type SessionBatch = ShapeOf<typeof sessionBatchSchema>;
