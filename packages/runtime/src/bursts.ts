/**
 * Reads first, then writes: while events come one right after the other, what follows from each waits until
 * the event loop has read what there is, or 64 wait, and is then done in one go.
 *
 * Network stacks process packets in batches, so that code stays in the processor's caches while it does the same
 * thing many times, and whoever is written to wakes up once for many writes (Barach et al., "High-speed software data
 * plane via vectorized packet processing", 2018; Netty's `FlushConsolidationHandler`). An event that comes alone is
 * acted on at once: then the wait itself costs more than it saves. Linux' NAPI chooses between both in the same way.
 * What it saves is in docs/data-path.md.
 */
import type { Clock } from './clock.ts';

/**
 * From the last event to the next one of a burst. On a quiet machine (`make bench`, 64 connections) 0.02 gains nothing and
 * 0.05 most of it; with 1, requests that come one at a time wait as well.
 */
const MAX_GAP_MS = 0.1;

/** When this many wait they are acted on, even if more can be read: the first has waited long enough. */
const MAX_WAITING = 64;

export class Bursts {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Acts now; within a burst once the event loop has read what there is, in the order of the calls. */
  run(act: () => void): void {
    const nowMs = this.#clock.nowMs();
    if (this.#waiting.length === 0 && nowMs - this.#lastAtMs > MAX_GAP_MS) {
      act();
      this.#lastAtMs = this.#clock.nowMs();
      return;
    }
    this.#lastAtMs = nowMs;
    this.#waiting.push(act);
    if (this.#waiting.length === 1) setImmediate(this.#runWaiting);
    else if (this.#waiting.length === MAX_WAITING) this.#runWaiting();
  }

  readonly #runWaiting = (): void => {
    const acts = this.#waiting;
    this.#waiting = [];
    let begun = 0;
    try {
      for (const act of acts) {
        begun += 1;
        act();
      }
    } finally {
      this.#lastAtMs = this.#clock.nowMs();
      // One has thrown, which takes nobody else's work with it.
      if (begun < acts.length) {
        this.#waiting = [...acts.slice(begun), ...this.#waiting];
        setImmediate(this.#runWaiting);
      }
    }
  };
}
