/**
 * The clock of Redis, read from the replies to lease requests and continued by our monotonic clock. All
 * timestamps that a controller decides by or writes come from it, so that a leader whose own clock is wrong,
 * or is set while it runs, decides exactly as its predecessor would have.
 */

import type { EpochMs } from '@zephyr/contract/scalars';
import { epochMs } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';

/** A larger jump back means another clock, after Redis was replaced. */
const OTHER_CLOCK_MS = 1_000;

export class RedisClock {
  readonly #own: Clock;
  /** From our monotonic clock to Redis time; to our own wall clock until Redis has answered. */
  #offsetMs: number;
  #lastAtMs = 0;

  constructor(own: Clock) {
    this.#own = own;
    this.#offsetMs = own.epochMs() - own.nowMs();
  }

  /** Processes a reply to a request sent at `sentAtMs` that has just arrived, both monotonic. */
  observe(redisNowMs: number, sentAtMs: number): void {
    this.#offsetMs = redisNowMs - (sentAtMs + this.nowMs()) / 2;
    // Waiting for another clock to catch up would freeze time until then.
    if (this.#lastAtMs - (this.nowMs() + this.#offsetMs) > OTHER_CLOCK_MS) this.#lastAtMs = 0;
  }

  /** Local to this process: only differences are meaningful. */
  nowMs(): number {
    return this.#own.nowMs();
  }

  /** Never goes back, unless Redis' clock is replaced. */
  epochMs(): EpochMs {
    this.#lastAtMs = Math.max(this.#lastAtMs, Math.round(this.nowMs() + this.#offsetMs));
    return epochMs(this.#lastAtMs);
  }
}
