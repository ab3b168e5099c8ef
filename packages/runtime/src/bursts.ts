/**
 * Batches reads before writes: while events arrive back to back, the follow-up work of each is deferred until
 * the event loop has read everything available, or 64 are waiting, and then runs in one go.
 *
 * Network stacks process packets in batches, so that code stays in the processor's caches while it does the
 * same thing many times, and the receiver wakes up once for many writes (Barach et al., "High-speed software
 * data plane via vectorized packet processing", 2018; Netty's `FlushConsolidationHandler`). A lone event is
 * handled immediately, because waiting would cost more than it saves. Linux NAPI switches between the two in
 * the same way. docs/data-path.md has the savings.
 */
import type { Clock } from './clock.ts';

/**
 * Longest gap between two events of one burst. On a quiet machine (`make bench`, 64 connections) 0.02 gains
 * nothing and 0.05 gains most; at 1, requests that arrive one at a time wait as well.
 */
const MAX_GAP_MS = 0.1;

/** At this many waiting, they run even if more can be read: the first has waited long enough. */
const MAX_WAITING = 64;

export class Bursts {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Runs `act` now, or, within a burst, once the event loop has read what is available, in call order. */
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
      // One threw: the others still run.
      if (begun < acts.length) {
        this.#waiting = [...acts.slice(begun), ...this.#waiting];
        setImmediate(this.#runWaiting);
      }
    }
  };
}
