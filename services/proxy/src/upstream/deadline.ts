/**
 * The time limit for waiting on the other side. One serves all waits of an exchange, which follow each other:
 * connection, first byte, gate, next chunk, client.
 *
 * All deadlines of a proxy share one timer. Nearly every wait ends long before its limit, so neither its
 * start nor its end touches the timer: it fires when it was set to, too early, and is then set for the next
 * deadline. A timer per request would be set and cleared for nothing.
 *
 * If our own event loop was blocked, the answer may lie unread in the socket when the limit is due: a late
 * deadline waits again for as long as it was late, so that our own pause is never mistaken for the
 * endpoint's.
 */
import type { Clock, Timer } from '@zephyr/runtime/clock';

const LATE_MS = 250;
/** Node counts whole milliseconds: a timer may fire that much too early. */
const EARLY_MS = 1;
const NEVER_AT_MS = Number.POSITIVE_INFINITY;

/** The running deadlines, in no particular order: the last one takes the slot of one that ends. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #running: Deadline[] = [];
  readonly #fired = (): void => this.#onTimer();
  #timer: Timer | undefined;
  #firesAtMs = NEVER_AT_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** @returns its slot, for `remove` */
  add(deadline: Deadline): number {
    return this.#running.push(deadline) - 1;
  }

  remove(place: number): void {
    const last = this.#running.pop();
    if (last === undefined || place === this.#running.length) return;
    this.#running[place] = last;
    last.place = place;
  }

  /** Makes the timer fire by then at the latest. */
  fireBy(atMs: number, nowMs: number): void {
    if (this.#firesAtMs <= atMs) return;
    this.#clock.clearTimer(this.#timer);
    this.#firesAtMs = atMs;
    this.#timer = this.#clock.setTimer(this.#fired, atMs - nowMs);
  }

  /** At the end of the proxy: no deadline runs any more. */
  stop(): void {
    this.#clock.clearTimer(this.#timer);
    this.#firesAtMs = NEVER_AT_MS;
  }

  #onTimer(): void {
    this.stop();
    const nowMs = this.#clock.nowMs();
    try {
      // A copy: one callback may end another deadline, or start its next wait.
      for (const deadline of [...this.#running]) deadline.expireIfDue(nowMs);
    } finally {
      let nextAtMs = NEVER_AT_MS;
      for (const { dueAtMs } of this.#running) nextAtMs = Math.min(nextAtMs, dueAtMs);
      this.fireBy(nextAtMs, nowMs);
    }
  }
}

const NOT_RUNNING = -1;

export class Deadline {
  readonly #all: Deadlines;
  /** Slot among the running ones; managed by `Deadlines`. */
  place = NOT_RUNNING;
  #onExpired: (() => void) | undefined;
  #durationMs = 0;
  /** Whole milliseconds: V8 keeps a fraction in an object of its own, which every chunk would have to write. */
  #dueAtMs = 0;

  constructor(all: Deadlines) {
    this.#all = all;
  }

  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** Starts a wait; the previous one must have ended. */
  start(durationMs: number, onExpired: () => void): void {
    const nowMs = this.#all.nowMs();
    this.#onExpired = onExpired;
    this.#durationMs = durationMs;
    this.#dueAtMs = Math.ceil(nowMs + durationMs);
    if (this.place === NOT_RUNNING) this.place = this.#all.add(this);
    this.#all.fireBy(this.#dueAtMs, nowMs);
  }

  /** Restarts the full time after a sign of life. Cheap enough for each chunk. */
  refresh(): void {
    this.#dueAtMs = Math.ceil(this.#all.nowMs()) + this.#durationMs;
  }

  stop(): void {
    this.#onExpired = undefined;
    if (this.place === NOT_RUNNING) return;
    this.#all.remove(this.place);
    this.place = NOT_RUNNING;
  }

  /** Calls nothing if it was stopped meanwhile. */
  expireIfDue(nowMs: number): void {
    const lateMs = nowMs - this.#dueAtMs;
    if (lateMs <= -EARLY_MS) return;
    if (lateMs > LATE_MS) {
      this.#dueAtMs = Math.ceil(nowMs + lateMs);
      return;
    }
    const onExpired = this.#onExpired;
    this.stop();
    onExpired?.();
  }
}
