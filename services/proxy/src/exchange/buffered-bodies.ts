/**
 * Bounds the total memory of buffered request bodies, with a fair share for each person: a person who uploads
 * too much loses failover, and nobody else does.
 *
 * A person may hold as much as is still free (the dynamic threshold of shared switch buffers:
 * Choudhury and Hahne, 1998). The first person can take at most half of the memory, the second a quarter, and
 * so on: something is always left for the next.
 */
export class BufferedBodies {
  readonly #byCaller = new Map<string, number>();
  #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Memory beyond a lowered limit stays in use until its requests end. */
  reconfigure(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  /** @param caller Groups the requests that count together: a person or, without keys, an address. */
  tryBuffer(caller: string, bytes: number): boolean {
    const buffered = (this.#byCaller.get(caller) ?? 0) + bytes;
    if (buffered > this.#limitBytes - (this.#bytes + bytes)) return false;
    this.#bytes += bytes;
    this.#byCaller.set(caller, buffered);
    return true;
  }

  release(caller: string, bytes: number): void {
    if (bytes === 0) return;
    this.#bytes -= bytes;
    const left = (this.#byCaller.get(caller) ?? 0) - bytes;
    if (left === 0) this.#byCaller.delete(caller);
    else this.#byCaller.set(caller, left);
  }
}
