/** Entries of the event log: in Redis without an id, for that is their place in the stream. */
import { type ApiLogEntry, logEntrySchema } from '@zephyr/contract/api-history';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';
import { z } from 'zod';

/** What is written is an entry without its id; what is read gets a place for one. */
export const newLogEntrySchema = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? { id: '', ...value } : value),
  logEntrySchema,
);

export function logEntryOf({ id, value }: StreamEntry<ApiLogEntry>): ApiLogEntry {
  return { ...value, id };
}
