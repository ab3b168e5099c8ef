/** Time as the services see it: passed in, so that tests advance it by hand. */
export interface Clock {
  /** Monotonic: only differences mean something. */
  nowMs(): number;
  /** Milliseconds since 1970, for moments that leave the process. It may jump. */
  epochMs(): number;
  setTimer(act: () => void, delayMs: number): Timer;
  /** Does nothing for a timer that has fired. */
  clearTimer(timer: Timer | undefined): void;
}

/** Made by the clock that is asked to clear it. */
export type Timer = object;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimer: (act, delayMs) => setTimeout(act, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Resolves after this time, or when the signal aborts. */
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
 * Until the next multiple of the period since the process began, or the one after where that is near:
 * loops that wait so wake a process at rest at the same moments, and not each at its own.
 */
export function untilNextMs(clock: Pick<Clock, 'nowMs'>, periodMs: number): number {
  const restMs = Math.ceil(periodMs - (clock.nowMs() % periodMs));
  return restMs < periodMs / 4 ? restMs + periodMs : restMs;
}

/** From 0 to less than 1. */
export const systemRandom = (): number => Math.random();
