/**
 * Limits wrong client keys and admin tokens per address, so that guessing does not get far. Only failures count: a
 * whole office may share one address, and a valid key is always served.
 */

const WINDOW_MS = 60_000;
/** A misconfigured Claude Code tries once, because our answer forbids retries. */
const MAX_FAILURES = 20;
/** Bounds the table; when it is full, the oldest address is forgotten. */
const MAX_ADDRESSES = 10_000;

export class WrongKeyLimit {
  readonly #failures = new Map<string, { count: number; readonly sinceAtMs: number }>();

  /** @returns whether the address has used up this minute's failures */
  note(address: string, nowMs: number): boolean {
    const failures = this.#failures.get(address);
    if (failures !== undefined && nowMs - failures.sinceAtMs < WINDOW_MS) {
      failures.count += 1;
      return failures.count > MAX_FAILURES;
    }
    this.#failures.delete(address);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, sinceAtMs: nowMs });
    return false;
  }
}
