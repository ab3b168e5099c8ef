/** The services' source of time, injected so that tests can advance it by hand. */
export interface Clock {
  /** Monotonic: only differences are meaningful. */
  nowMs(): number;
  /** Milliseconds since 1970, for timestamps that leave the process. It may jump. */
  epochMs(): number;
  setTimer(act: () => void, delayMs: number): Timer;
  /** Does nothing for a timer that has fired. */
  clearTimer(timer: Timer | undefined): void;
}

/** Opaque; cleared by the clock that made it. */
export type Timer = object;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimer: (act, delayMs) => setTimeout(act, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Resolves after `durationMs`, or when the signal aborts. */
export function pause(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimer(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(end, durationMs);
    signal.addEventListener('abort', end);
  });
}

/**
 * Time until the next multiple of the period since process start, or the one after if that is near. Loops
 * that wait this way wake an idle process together instead of one by one.
 */
export function untilNextMs(clock: Pick<Clock, 'nowMs'>, periodMs: number): number {
  const restMs = Math.ceil(periodMs - (clock.nowMs() % periodMs));
  return restMs < periodMs / 4 ? restMs + periodMs : restMs;
}

/** In [0, 1). */
export const systemRandom = (): number => Math.random();
