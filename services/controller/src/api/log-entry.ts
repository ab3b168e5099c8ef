/** Entries of the event log: stored without an id, because the id is their position in the stream. */
import { type ApiLogEntry, logEntrySchema } from '@zephyr/contract/api/api-history';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';
import { z } from 'zod';

/** Entries are written without an id; reading adds an empty one, for `logEntryOf` to fill in. */
export const newLogEntrySchema = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? { id: '', ...value } : value),
  logEntrySchema,
);

export function logEntryOf({ id, value }: StreamEntry<ApiLogEntry>): ApiLogEntry {
  return { ...value, id };
}
