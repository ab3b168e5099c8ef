/**
 * Bounds the memory of all buffered request bodies together, with a fair share for each person: who
 * uploads much loses failover for that, nobody else does.
 *
 * A person may hold as much as is still free (the dynamic threshold of shared switch buffers:
 * Choudhury and Hahne, 1998). One who takes all that they can gets half of the memory, a second
 * one a quarter, and so on: there is always something left for whoever comes next.
 */
export class BufferedBodies {
  readonly #byOwner = new Map<string, number>();
  #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What is held beyond a lowered limit stays until its requests end. */
  reconfigure(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  /** @param owner Whose requests are counted together: the name of a key, or an address. */
  tryHold(owner: string, bytes: number): boolean {
    const held = (this.#byOwner.get(owner) ?? 0) + bytes;
    if (held > this.#limitBytes - (this.#bytes + bytes)) return false;
    this.#bytes += bytes;
    this.#byOwner.set(owner, held);
    return true;
  }

  release(owner: string, bytes: number): void {
    if (bytes === 0) return;
    this.#bytes -= bytes;
    const left = (this.#byOwner.get(owner) ?? 0) - bytes;
    if (left === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, left);
  }
}
