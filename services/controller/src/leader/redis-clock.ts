/**
 * The clock of Redis, read from the replies of the lease and continued by our monotonic clock.
 * All moments that a controller decides by or writes come from it, so that a leader whose own
 * clock is wrong, or set while it runs, decides nothing else than its predecessor would have.
 */

import type { EpochMs } from '@zephyr/contract/scalars';
import { epochMs } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';

/** A jump back by more than this is another clock, after Redis was replaced. */
const OTHER_CLOCK_MS = 1_000;

export class RedisClock {
  readonly #own: Clock;
  /** From our monotonic clock to that of Redis; to our own wall clock until Redis has answered. */
  #offsetMs: number;
  #lastMs = 0;

  constructor(own: Clock) {
    this.#own = own;
    this.#offsetMs = own.epochMs() - own.nowMs();
  }

  /** Takes a reply that was asked for at `sentAtMs` and is here now, both monotonic. */
  observe(redisNowMs: number, sentAtMs: number): void {
    this.#offsetMs = redisNowMs - (sentAtMs + this.monotonicMs()) / 2;
    // Waiting until another clock has caught up would mean standing still until then.
    if (this.#lastMs - (this.monotonicMs() + this.#offsetMs) > OTHER_CLOCK_MS) this.#lastMs = 0;
  }

  /** Of this process: only differences mean something. */
  monotonicMs(): number {
    return this.#own.nowMs();
  }

  /** Never goes back, as long as it is the same clock. */
  now(): EpochMs {
    this.#lastMs = Math.max(this.#lastMs, Math.round(this.monotonicMs() + this.#offsetMs));
    return epochMs(this.#lastMs);
  }
}
