import { availableParallelism } from 'node:os';

/**
 * Bounds how many CLIs start at the same time. A start takes a whole CPU for about a second; the wait for
 * the answer takes none. Five that started at the same time on two CPUs took five times as long as one.
 */
export interface StartGate {
  /** Waits for a slot; the returned function releases it and may be called twice. */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** One CPU is left for the measuring forwarder and everything else. */
export const DEFAULT_STARTS = Math.max(1, availableParallelism() - 1);

/** @param places how many may start at the same time */
export function createStartGate(places: number = DEFAULT_STARTS): StartGate {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const placeOf = (): (() => void) => {
    let hasLeft = false;
    return () => {
      if (!hasLeft) leave();
      hasLeft = true;
    };
  };
  return {
    enter: (signal) =>
      new Promise((resolve) => {
        if (free > 0) {
          free -= 1;
          resolve(placeOf());
          return;
        }
        const admit = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve(placeOf());
        };
        // A caller that gives up is released outside the queue: its program ends before it starts.
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(admit), 1);
          resolve(() => undefined);
        };
        waiting.push(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      }),
  };
}
