/**
 * The requests that run now.
 *
 * An array in which the last one takes the place of the one that ended, not a Map. V8 replaces the
 * table of a Map that is filled and emptied all the time every few dozen requests, and each old
 * table keeps its entries and points to the next. Once one of them is in the old generation, all
 * requests after it survive until the next full collection. With what `runtime/src/node-flags.ts`
 * tells, that was a fifth of the CPU; neither alone cures it.
 */
export interface RunningEntry<Exchange> extends Requester {
  readonly exchange: Exchange;
  /** Counts this proxy's requests. */
  readonly number: number;
}

export interface Requester {
  /** Name of the client's key; null where keys are not used. */
  readonly client: string | null;
  /** Of the key that was shown; undefined where keys are not used. */
  readonly keySha256: string | undefined;
}

interface Place<Exchange> extends RunningEntry<Exchange> {
  index: number;
}

export class Running<Exchange> {
  readonly #places: Place<Exchange>[] = [];
  #lastNumber = 0;

  get size(): number {
    return this.#places.length;
  }

  /** In no particular order. Who ends requests while walking walks over a copy. */
  get entries(): readonly RunningEntry<Exchange>[] {
    return this.#places;
  }

  /** In the order of their start. */
  byAge(): readonly RunningEntry<Exchange>[] {
    return this.#places.toSorted((a, b) => a.number - b.number);
  }

  /** @returns Takes it out again; to be called once. */
  add(exchange: Exchange, { client, keySha256 }: Requester): () => void {
    this.#lastNumber += 1;
    const place: Place<Exchange> = {
      exchange,
      client,
      keySha256,
      number: this.#lastNumber,
      index: this.#places.length,
    };
    this.#places.push(place);
    return () => this.#remove(place);
  }

  #remove(place: Place<Exchange>): void {
    const last = this.#places.pop();
    if (last === undefined || last === place) return;
    this.#places[place.index] = last;
    last.index = place.index;
  }
}
