/** A clock that only the test advances: a timer fires once the test reaches it. */
import type { Clock } from '@zephyr/runtime/clock';

interface ManualTimer {
  readonly act: () => void;
  readonly delayMs: number;
  readonly dueAtMs: number;
}

interface Watcher {
  readonly delayMs: number;
  readonly found: () => void;
}

/** More timers than any test fires at one moment. */
const MAX_AT_ONCE = 10_000;

export class ManualClock implements Clock {
  readonly #timers = new Set<object>();
  readonly #watchers = new Set<Watcher>();
  #nowMs = 1_000;
  #epochMs = Date.UTC(2026, 0, 1);

  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#epochMs;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  setTimer(act: () => void, delayMs: number): object {
    const timer: ManualTimer = { act, delayMs, dueAtMs: this.#nowMs + delayMs };
    this.#timers.add(timer);
    for (const watcher of this.#watchers) if (watcher.delayMs === delayMs) watcher.found();
    return timer;
  }

  clearTimer(timer: object | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer);
  }

  /** Settles when a timer of exactly this length is set, so what it limits has begun. */
  whenSet(delayMs: number): Promise<void> {
    if (this.#ordered().some((timer) => timer.delayMs === delayMs)) return Promise.resolve();
    return new Promise((resolve) => {
      const watcher: Watcher = {
        delayMs,
        found: () => {
          this.#watchers.delete(watcher);
          resolve();
        },
      };
      this.#watchers.add(watcher);
    });
  }

  /**
   * Fires due timers on the way, in order and at their times.
   *
   * @throws if a timer is set again and again without any time passing
   */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    let firedAtOnce = 0;
    for (;;) {
      const next = this.#ordered()[0];
      if (next === undefined || next.dueAtMs > endMs) break;
      firedAtOnce = next.dueAtMs > this.#nowMs ? 0 : firedAtOnce + 1;
      if (firedAtOnce > MAX_AT_ONCE) throw new Error('a timer is set again and again for now');
      this.#moveTo(next.dueAtMs);
      this.#timers.delete(next);
      next.act();
    }
    this.#moveTo(endMs);
  }

  /** Simulates a paused process: time has passed, and due timers fire only now. */
  block(forMs: number): void {
    this.#moveTo(this.#nowMs + forMs);
    this.advance(0);
  }

  #moveTo(nowMs: number): void {
    this.#epochMs += Math.max(0, nowMs - this.#nowMs);
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  #ordered(): ManualTimer[] {
    return ([...this.#timers] as ManualTimer[]).sort((a, b) => a.dueAtMs - b.dueAtMs);
  }
}
