import { type Clock, pause } from '@zephyr/runtime/clock';

/** How long a result is worth keeping: after that, newer probes are more useful. */
const KEEP_RESULT_MS = 30_000;
const PAUSE_MS = 500;

interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly gaveUp: (error: unknown) => void;
}

/**
 * Retries while Redis is away. Returns undefined if that has not succeeded within 30 s, or if the prober
 * stops; `gaveUp` gets the last error, because Redis may also be refusing us.
 */
export async function keepTrying<Value>(
  attempt: () => Promise<Value>,
  { clock, signal, gaveUp }: Patience,
): Promise<Value | undefined> {
  const giveUpAtMs = clock.nowMs() + KEEP_RESULT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || clock.nowMs() + PAUSE_MS > giveUpAtMs) {
        gaveUp(error);
        return undefined;
      }
    }
    await pause(clock, PAUSE_MS, signal);
  }
}
