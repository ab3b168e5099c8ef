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

/** All that waits for one moment. */
interface WakeUp {
  readonly acts: Set<() => void>;
  readonly timer: Timer;
}

/** By the moment, as each clock counts it. */
const wakeUpsOf = new WeakMap<Clock, Map<number, WakeUp>>();

/**
 * Calls back at the next multiple of the period since process start, or at the one after if that is near.
 * What waits for the same moment shares a timer: timers of their own would each wake an idle process, since
 * Node counts their time from the start of the event loop's turn in which they are set.
 *
 * @returns a function that cancels it; it does nothing afterwards
 */
export function atNext(clock: Clock, periodMs: number, act: () => void): () => void {
  const wakeUps = wakeUpsOf.get(clock) ?? new Map<number, WakeUp>();
  wakeUpsOf.set(clock, wakeUps);
  const nowMs = clock.nowMs();
  const dueAtMs = nextMultiple(nowMs, periodMs);
  const fire = (): void => {
    wakeUps.delete(dueAtMs);
    for (const each of acts) each();
  };
  const acts = wakeUps.get(dueAtMs)?.acts ?? new Set();
  if (!wakeUps.has(dueAtMs)) {
    wakeUps.set(dueAtMs, { acts, timer: clock.setTimer(fire, Math.ceil(dueAtMs - nowMs)) });
  }
  // Of its own, so that the same function may wait twice.
  const own = (): void => act();
  acts.add(own);
  return () => {
    if (!acts.delete(own) || acts.size > 0) return;
    clock.clearTimer(wakeUps.get(dueAtMs)?.timer);
    wakeUps.delete(dueAtMs);
  };
}

function nextMultiple(nowMs: number, periodMs: number): number {
  const nextAtMs = Math.floor(nowMs / periodMs + 1) * periodMs;
  return nextAtMs - nowMs < periodMs / 4 ? nextAtMs + periodMs : nextAtMs;
}

/** `pause` until the moment of `atNext`. */
export function pauseUntilNext(clock: Clock, periodMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = atNext(clock, periodMs, end);
    signal.addEventListener('abort', end);
  });
}

/** In [0, 1). */
export const systemRandom = (): number => Math.random();
