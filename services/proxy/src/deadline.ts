/**
 * A timer for the wait for somebody else. When our own event loop was blocked, the answer may lie
 * unread in the socket while the timer is due: a late timer waits again for as long as it was late,
 * so that our own pause is never taken for the endpoint's.
 */
const LATE_MS = 250;

export class Deadline {
  readonly #onExpired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = 0;
  #durationMs = 0;
  #extended = false;

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts or starts anew. */
  start(durationMs: number): void {
    this.stop();
    this.#durationMs = durationMs;
    this.#extended = false;
    this.#arm(durationMs);
  }

  /** Life was seen: the whole time again. Cheap enough for each chunk. */
  refresh(): void {
    if (this.#timer === undefined) return;
    if (this.#extended) {
      this.start(this.#durationMs);
      return;
    }
    this.#dueAtMs = performance.now() + this.#durationMs;
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(durationMs: number): void {
    this.#dueAtMs = performance.now() + durationMs;
    this.#timer = setTimeout(() => this.#due(), durationMs);
  }

  #due(): void {
    this.#timer = undefined;
    const lateMs = performance.now() - this.#dueAtMs;
    if (lateMs > LATE_MS) {
      this.#extended = true;
      this.#arm(lateMs);
      return;
    }
    this.#onExpired();
  }
}
