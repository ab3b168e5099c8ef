/**
 * The requests that are active now.
 *
 * An array in which the last one takes the slot of the one that ended, not a Map. V8 replaces the table of a
 * Map that is constantly filled and emptied every few dozen requests, and each old table keeps its entries
 * and points to the next. Once one of them is in the old generation, all requests after it survive until the
 * next full collection. Together with the effect described in `runtime/src/process/node-flags.ts`, that was a fifth
 * of the CPU; neither fix alone is enough.
 */
export interface ActiveEntry<Exchange> extends Requester {
  readonly exchange: Exchange;
  /** Sequence number within this proxy. */
  readonly number: number;
}

export interface Requester {
  /** The owner of its key; `anonymous` if keys are not used. */
  readonly person: string;
  /** Hash of the presented key; undefined if keys are not used. */
  readonly keySha256: string | undefined;
}

interface Slot<Exchange> extends ActiveEntry<Exchange> {
  index: number;
}

export class ActiveRequests<Exchange> {
  readonly #slots: Slot<Exchange>[] = [];
  #lastNumber = 0;

  get size(): number {
    return this.#slots.length;
  }

  /** In no particular order. To end requests while iterating, iterate over a copy. */
  get entries(): readonly ActiveEntry<Exchange>[] {
    return this.#slots;
  }

  /** In order of arrival. */
  byAge(): readonly ActiveEntry<Exchange>[] {
    return this.#slots.toSorted((a, b) => a.number - b.number);
  }

  /** @returns a function that removes it again; call it once */
  add(exchange: Exchange, { person, keySha256 }: Requester): () => void {
    this.#lastNumber += 1;
    const slot: Slot<Exchange> = {
      exchange,
      person,
      keySha256,
      number: this.#lastNumber,
      index: this.#slots.length,
    };
    this.#slots.push(slot);
    return () => this.#remove(slot);
  }

  #remove(slot: Slot<Exchange>): void {
    const last = this.#slots.pop();
    if (last === undefined || last === slot) return;
    this.#slots[slot.index] = last;
    last.index = slot.index;
  }
}
