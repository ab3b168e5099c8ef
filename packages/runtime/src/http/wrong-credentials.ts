/**
 * Counts wrong credentials for each address, so that guessing is limited. Only failures are: behind
 * one address may be a whole office, and a right key is always served.
 */

const WINDOW_MS = 60_000;
/** A misconfigured Claude Code asks once, because it is answered not to retry. */
const MAX_FAILURES = 20;
/** Bounds the table; when it is full, the address that began first is forgotten. */
const MAX_ADDRESSES = 10_000;

export class FailureLimit {
  readonly #failures = new Map<string, { count: number; readonly sinceAtMs: number }>();

  /** @returns Whether the address has had its failures of this minute already. */
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
