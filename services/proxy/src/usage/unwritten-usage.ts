/**
 * Finished requests that are not yet known to be in Redis: those since the last batch, and at most two
 * numbered batches. The first batch may have arrived; the second was never sent, and collects what follows.
 */
import type { RequestRecord, UsageBatch, UsageRow } from '@zephyr/contract/usage/usage';
import { type RowBounds, UsageTable } from '@zephyr/core';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';

/**
 * In memory, about 300 bytes each. Without Redis, the maximum number of people have their own rows for two
 * hours, a thousand people for ten; later usage is `other`.
 */
export const UNWRITTEN_ROWS: RowBounds = {
  named: 4_000,
  all: 4_000 + 2 * (MAX_CONFIGURED_PEOPLE + 20),
};
/** Pending entries of the log of requests; more of them are counted, but not listed. */
const MAX_RECORDS = 1_000;

export class UnwrittenUsage {
  readonly #proxyId: string;
  readonly #table = new UsageTable(UNWRITTEN_ROWS);
  #records: RequestRecord[] = [];
  /** Since the last batch. */
  #requests = 0;
  #batches: readonly UsageBatch[] = [];
  /** Of the newest batch. */
  #sequence = 0;
  #takeovers = 0;

  constructor(proxyId: string) {
    this.#proxyId = proxyId;
  }

  get requests(): number {
    return this.#requests + this.#batches.reduce((sum, batch) => sum + requestsOf(batch), 0);
  }

  get isEmpty(): boolean {
    return this.#requests === 0 && this.#batches.length === 0;
  }

  /** In the order in which they must be written. */
  get batches(): readonly UsageBatch[] {
    return this.#batches;
  }

  /** @param model under which it is counted */
  add(record: RequestRecord, model: string): void {
    this.#requests += 1;
    this.#table.addRequest(record, model);
    if (this.#records.length < MAX_RECORDS) this.#records.push(record);
  }

  /** Moves the usage since the last batch into one that was never sent; undefined if there is none. */
  seal(): { readonly sequence: number; readonly added: readonly UsageRow[] } | undefined {
    if (this.#requests === 0) return undefined;
    const unsent = this.#batches[1];
    const added = this.#table.take();
    // Rows already on disk stay in their places: if another proxy should still write that file as well, later
    // usage may be lost, but no part has rows that another part has there.
    for (const row of [...(unsent?.rows ?? []), ...added]) this.#table.add(row);
    if (unsent === undefined) this.#sequence += 1;
    const batch: UsageBatch = {
      writer: this.#takeovers === 0 ? this.#proxyId : `${this.#proxyId}+${this.#takeovers}`,
      sequence: this.#sequence,
      rows: this.#table.take(),
      records: [...(unsent?.records ?? []), ...this.#records].slice(-MAX_RECORDS),
    };
    this.#requests = 0;
    this.#records = [];
    this.#batches = [...this.#batches.slice(0, 1), batch];
    return { sequence: this.#sequence, added };
  }

  /** The batch is in Redis. It may have been taken over while it was sent. */
  written(batch: UsageBatch): void {
    if (this.#batches[0] === batch) this.#batches = this.#batches.slice(1);
  }

  /**
   * Another proxy will write the batches sooner or later: usage from here until then must not have a later
   * number of the same writer.
   */
  takenOver(): void {
    this.#batches = [];
    this.#takeovers += 1;
  }
}

function requestsOf({ rows }: UsageBatch): number {
  return rows.reduce((sum, { counts }) => sum + counts.requests, 0);
}
