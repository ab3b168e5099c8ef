/**
 * The clock of Redis, read from the replies of the lease and continued by our monotonic clock.
 * All moments that a controller decides by or writes come from it, so that a leader whose own
 * clock is wrong, or set while it runs, decides nothing else than its predecessor would have.
 */

import type { EpochMs } from '@zephyr/contract/scalars';
import { epochMs } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';

/** A jump back by more than this is another clock, after Redis was replaced. */
const OTHER_CLOCK_MS = 1_000;

export class RedisClock {
  /** Our own clock until Redis has answered. */
  #offsetMs = systemClock.epochMs() - systemClock.nowMs();
  #lastMs = 0;

  /** Takes a reply that was asked for at `sentAtMs` and is here now, both monotonic. */
  observe(redisNowMs: number, sentAtMs: number): void {
    this.#offsetMs = redisNowMs - (sentAtMs + systemClock.nowMs()) / 2;
    // Waiting until another clock has caught up would mean standing still until then.
    if (this.#lastMs - (systemClock.nowMs() + this.#offsetMs) > OTHER_CLOCK_MS) this.#lastMs = 0;
  }

  /** Never goes back, as long as it is the same clock. */
  now(): EpochMs {
    this.#lastMs = Math.max(this.#lastMs, Math.round(systemClock.nowMs() + this.#offsetMs));
    return epochMs(this.#lastMs);
  }
}
