/**
 * The limit of the wait for somebody else. One serves all waits of an exchange, which follow each
 * other: connection, first byte, gate, next chunk, client.
 *
 * Nearly every wait ends long before its limit, so the timer is not armed anew for each: it stays
 * where it would fire early anyway, and then waits for the rest.
 *
 * When our own event loop was blocked, the answer may lie unread in the socket while the limit is
 * due: a late timer waits again for as long as it was late, so that our own pause is never taken
 * for the endpoint's.
 */
const LATE_MS = 250;

export class Deadline {
  #onExpired: (() => void) | undefined;
  #durationMs = 0;
  #dueAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #firesAtMs = 0;

  /** Begins a wait; the one before it has ended. */
  start(durationMs: number, onExpired: () => void): void {
    this.#onExpired = onExpired;
    this.#durationMs = durationMs;
    this.#dueAtMs = performance.now() + durationMs;
    if (this.#timer !== undefined && this.#firesAtMs <= this.#dueAtMs) return;
    clearTimeout(this.#timer);
    this.#arm(durationMs);
  }

  /** Life was seen: the whole time again. Cheap enough for each chunk. */
  refresh(): void {
    this.#dueAtMs = performance.now() + this.#durationMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onExpired = undefined;
  }

  #arm(inMs: number): void {
    this.#firesAtMs = performance.now() + inMs;
    this.#timer = setTimeout(() => this.#fired(), inMs);
  }

  #fired(): void {
    this.#timer = undefined;
    const lateMs = performance.now() - this.#dueAtMs;
    // Node counts whole milliseconds: a timer may be that much too early.
    if (lateMs <= -1) {
      this.#arm(-lateMs);
      return;
    }
    if (lateMs > LATE_MS) {
      this.#dueAtMs += 2 * lateMs;
      this.#arm(lateMs);
      return;
    }
    const onExpired = this.#onExpired;
    this.#onExpired = undefined;
    onExpired?.();
  }
}
