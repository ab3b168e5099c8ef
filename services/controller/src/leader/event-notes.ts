/** Entries of the event log that are not decisions of the core, deferred until a leader has written them. */
import type { ApiLogEntry } from '@zephyr/contract/api/api-history';

type WithoutId<Entry> = Entry extends unknown ? Omit<Entry, 'id'> : never;

/** An entry of the event log before it gets its id, which is its position in the stream. */
export type NewLogEntry = WithoutId<ApiLogEntry>;

/** Beyond this, the oldest are dropped. */
const MAX_NOTES = 100;

export class Notes {
  #entries: readonly NewLogEntry[] = [];

  add(entry: NewLogEntry): void {
    this.#entries = [...this.#entries, entry].slice(-MAX_NOTES);
  }

  pending(): readonly NewLogEntry[] {
    return this.#entries;
  }

  /** Removes notes that have been written. */
  remove(written: readonly NewLogEntry[]): void {
    this.#entries = this.#entries.filter((entry) => !written.includes(entry));
  }
}
