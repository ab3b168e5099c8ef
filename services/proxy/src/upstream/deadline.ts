/**
 * The limit of the wait for somebody else. One serves all waits of an exchange, which follow each
 * other: connection, first byte, gate, next chunk, client.
 *
 * Nearly every wait ends long before its limit, so the timer is not set again for each: it stays
 * where it would fire early anyway, and then waits for the rest.
 *
 * When our own event loop was blocked, the answer may lie unread in the socket while the limit is
 * due: a late timer waits again for as long as it was late, so that our own pause is never taken
 * for the endpoint's.
 */
import type { Clock, Timer } from '@zephyr/runtime/clock';

const LATE_MS = 250;

export class Deadline {
  readonly #clock: Clock;
  readonly #fired = (): void => this.#onTimer();
  #onExpired: (() => void) | undefined;
  #durationMs = 0;
  #dueAtMs = 0;
  #timer: Timer | undefined;
  #firesAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a wait; the one before it has ended. */
  start(durationMs: number, onExpired: () => void): void {
    const nowMs = this.#clock.nowMs();
    this.#onExpired = onExpired;
    this.#durationMs = durationMs;
    this.#dueAtMs = nowMs + durationMs;
    if (this.#timer !== undefined && this.#firesAtMs <= this.#dueAtMs) return;
    this.#clock.clearTimer(this.#timer);
    this.#arm(durationMs, nowMs);
  }

  /** Life was seen: the whole time again. Cheap enough for each chunk. */
  refresh(): void {
    this.#dueAtMs = this.#clock.nowMs() + this.#durationMs;
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#onExpired = undefined;
  }

  #arm(inMs: number, nowMs: number): void {
    this.#firesAtMs = nowMs + inMs;
    this.#timer = this.#clock.setTimer(this.#fired, inMs);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    const lateMs = nowMs - this.#dueAtMs;
    // Node counts whole milliseconds: a timer may be that much too early.
    if (lateMs <= -1) {
      this.#arm(-lateMs, nowMs);
      return;
    }
    if (lateMs > LATE_MS) {
      this.#dueAtMs += 2 * lateMs;
      this.#arm(lateMs, nowMs);
      return;
    }
    const onExpired = this.#onExpired;
    this.#onExpired = undefined;
    onExpired?.();
  }
}
