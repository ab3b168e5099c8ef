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

/** From 0 to less than 1. */
export const systemRandom = (): number => Math.random();
