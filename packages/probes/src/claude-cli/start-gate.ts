import { availableParallelism } from 'node:os';

/**
 * Bounds how many CLIs start at the same time. The start takes a whole processor for about a
 * second; the wait for the answer takes none. Five that started at once on two processors took
 * five times as long as one.
 */
export interface StartGate {
  /** Waits for a place; the function gives it back and may be called twice. */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** One processor is left for the relay that measures and for everything else. */
export const DEFAULT_STARTS = Math.max(1, availableParallelism() - 1);

/** @param places how many may start at once */
export function createStartGate(places: number = DEFAULT_STARTS): StartGate {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const placeOf = (): (() => void) => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
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
        // Who gives up is let in beside the queue: its program is ended before it starts.
        const giveUp = (): void => {
          waiting.splice(waiting.indexOf(admit), 1);
          resolve(() => undefined);
        };
        waiting.push(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      }),
  };
}
