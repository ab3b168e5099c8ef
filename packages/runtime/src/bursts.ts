/**
 * Reads first, then writes: while events come one right after the other, what follows from each waits until
 * the event loop has read them all, and is then done in one go.
 *
 * Network stacks process packets in batches, so that code stays in the processor's caches while it does the same
 * thing many times, and whoever is written to wakes up once for many writes (Barach et al., "High-speed software data
 * plane via vectorized packet processing", 2018; Netty's `FlushConsolidationHandler`). An event that comes alone is
 * acted on at once: then the wait itself costs more than it saves. Linux' NAPI chooses between both in the same way.
 * What it saves is in docs/data-path.md.
 */
import type { Clock } from './clock.ts';

/**
 * From the last event to the next one of a burst. A busy loop reads the next event within some 20 µs, a slower
 * machine within 60; an endpoint on the same machine takes over 100 µs to answer.
 */
const MAX_GAP_MS = 0.1;

export class Bursts {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Acts now; within a burst once the event loop has read what there is, in the order of the calls. */
  run(act: () => void): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#lastAtMs > MAX_GAP_MS) {
      this.#act(act);
      return;
    }
    this.#lastAtMs = nowMs;
    setImmediate(() => this.#act(act));
  }

  #act(act: () => void): void {
    act();
    this.#lastAtMs = this.#clock.nowMs();
  }
}
