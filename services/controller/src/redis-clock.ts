/**
 * The clock of Redis, read from the replies of the lease and carried on by our monotonic clock.
 * All moments that a controller decides by or writes come from it, so that a leader whose own
 * clock is wrong, or set while it runs, decides nothing else than its predecessor would have.
 */
import { type EpochMs, epochMs } from '@zephyr/core';

export class RedisClock {
  #offsetMs = Date.now() - performance.now();
  #lastMs = 0;

  /** Takes a reply that was asked for at `sentAtMs` and is here now, both monotonic. */
  observe(redisNowMs: number, sentAtMs: number): void {
    this.#offsetMs = redisNowMs - (sentAtMs + performance.now()) / 2;
  }

  /** Never goes back, as long as it is not wrong by more than that. */
  now(): EpochMs {
    this.#lastMs = Math.max(this.#lastMs, Math.round(performance.now() + this.#offsetMs));
    return epochMs(this.#lastMs);
  }

  /** After Redis was replaced by one with an earlier clock, waiting for it would freeze us. */
  restart(): void {
    this.#lastMs = 0;
  }
}
