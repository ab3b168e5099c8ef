/** Entries of the event log: in Redis without an id, for that is their place in the stream. */
import { type ApiLogEntry, logEntrySchema } from '@zephyr/runtime/api';
import type { StreamEntry } from '@zephyr/runtime/redis/streams';
import { z } from 'zod';

export type LogEntry = ApiLogEntry;

/** What is written is an entry without its id; what is read gets a place for one. */
export const newLogEntrySchema = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? { id: '', ...value } : value),
  logEntrySchema,
);

export function logEntryOf({ id, value }: StreamEntry<LogEntry>): LogEntry {
  return { ...value, id };
}
