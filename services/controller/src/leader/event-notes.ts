/** What belongs into the event log although the core did not decide it, until a leader has written it. */
import type { ApiLogEntry } from '@zephyr/contract/api-history';

type WithoutId<Entry> = Entry extends unknown ? Omit<Entry, 'id'> : never;

/** An entry of the event log before it has its id, which is its place in the stream. */
export type NewLogEntry = WithoutId<ApiLogEntry>;

/** More are not stored; the oldest are dropped. */
const MAX_NOTES = 100;

export class Notes {
  #entries: readonly NewLogEntry[] = [];

  add(entry: NewLogEntry): void {
    this.#entries = [...this.#entries, entry].slice(-MAX_NOTES);
  }

  pending(): readonly NewLogEntry[] {
    return this.#entries;
  }

  /** They are written now. */
  remove(written: readonly NewLogEntry[]): void {
    this.#entries = this.#entries.filter((entry) => !written.includes(entry));
  }
}
