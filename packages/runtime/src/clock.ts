/** The services' source of time, injected so that tests can advance it by hand. */
export interface Clock {
  /** Monotonic: only differences are meaningful. */
  nowMs(): number;
  /** Milliseconds since 1970, for timestamps that leave the process. It may jump. */
  epochMs(): number;
  setTimer(act: () => void, delayMs: number, options?: TimerOptions): Timer;
  /** Does nothing for a timer that has fired. */
  clearTimer(timer: Timer | undefined): void;
}

export interface TimerOptions {
  /** It does not keep the process running. */
  readonly isBackground: boolean;
}

/** Opaque; cleared by the clock that made it. */
export type Timer = object;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimer: (act, delayMs, { isBackground } = { isBackground: false }) => {
    const timer = setTimeout(act, delayMs);
    return isBackground ? timer.unref() : timer;
  },
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Resolves after `durationMs`, or when the signal aborts. */
export function pause(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimer(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(end, durationMs);
    signal?.addEventListener('abort', end);
  });
}

/** Aborts after `timeoutMs`; until then it does not keep the process running. */
export function timeoutSignal(clock: Clock, timeoutMs: number): AbortSignal {
  const late = new AbortController();
  clock.setTimer(() => late.abort(), timeoutMs, { isBackground: true });
  return late.signal;
}

/** Whether the promise is fulfilled in time. @throws what it is rejected with in time */
export async function isWithin(
  clock: Clock,
  timeoutMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<false>((resolve) => {
    timer = clock.setTimer(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clock.clearTimer(timer);
  }
}

/** Acts after each period. @returns a function that ends it */
export function actEvery(clock: Clock, intervalMs: number, act: () => void): () => void {
  const next = (): Timer =>
    clock.setTimer(() => {
      timer = next();
      act();
    }, intervalMs);
  let timer = next();
  return () => clock.clearTimer(timer);
}

/** All pauses until one moment. */
interface WakeUp {
  readonly ends: Set<() => void>;
  readonly timer: Timer;
}

/** By the moment, as each clock counts it. */
const wakeUpsOf = new WeakMap<Clock, Map<number, WakeUp>>();

/**
 * Resolves at the next multiple of the period since process start, or at the one after if that is near, or
 * when the signal aborts. Pauses until the same moment share a timer: timers of their own would each wake an
 * idle process, since Node counts their time from the start of the event loop's turn in which they are set.
 */
export function pauseUntilNext(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const wakeUps = wakeUpsOf.get(clock) ?? new Map<number, WakeUp>();
  wakeUpsOf.set(clock, wakeUps);
  const nowMs = clock.nowMs();
  const dueAtMs = nextMultiple(nowMs, intervalMs);
  const wakeUp = wakeUps.get(dueAtMs) ?? newWakeUp(clock, wakeUps, { nowMs, dueAtMs });
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const abort = (): void => {
      wakeUp.ends.delete(end);
      if (wakeUp.ends.size === 0) {
        clock.clearTimer(wakeUp.timer);
        wakeUps.delete(dueAtMs);
      }
      end();
    };
    wakeUp.ends.add(end);
    signal.addEventListener('abort', abort);
  });
}

/** It runs in the async context of whoever needs it first, so it must do nothing but end pauses. */
function newWakeUp(
  clock: Clock,
  wakeUps: Map<number, WakeUp>,
  { nowMs, dueAtMs }: { readonly nowMs: number; readonly dueAtMs: number },
): WakeUp {
  const ends = new Set<() => void>();
  const fire = (): void => {
    wakeUps.delete(dueAtMs);
    for (const end of ends) end();
  };
  const wakeUp = { ends, timer: clock.setTimer(fire, Math.ceil(dueAtMs - nowMs)) };
  wakeUps.set(dueAtMs, wakeUp);
  return wakeUp;
}

/** The next multiple of the period, or the one after if that is less than a quarter of the period away. */
export function nextMultiple(nowMs: number, intervalMs: number): number {
  const nextAtMs = Math.floor(nowMs / intervalMs + 1) * intervalMs;
  return nextAtMs - nowMs < intervalMs / 4 ? nextAtMs + intervalMs : nextAtMs;
}

/** In [0, 1). */
export const systemRandom = (): number => Math.random();
