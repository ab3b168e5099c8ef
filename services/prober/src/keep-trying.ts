import { pause, systemClock } from '@zephyr/runtime/clock';

/** How long a result is worth keeping: later, newer probes are more useful. */
const KEEP_RESULT_MS = 30_000;
const PAUSE_MS = 500;

/**
 * Repeats what fails while Redis is away. Undefined when it did not succeed within 30 s, or when
 * the prober stops; `gaveUp` gets the last error, since Redis may also refuse us.
 */
export async function keepTrying<Value>(
  attempt: () => Promise<Value>,
  signal: AbortSignal,
  gaveUp: (error: unknown) => void,
): Promise<Value | undefined> {
  const deadlineMs = systemClock.nowMs() + KEEP_RESULT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || systemClock.nowMs() + PAUSE_MS > deadlineMs) {
        gaveUp(error);
        return undefined;
      }
    }
    await pause(systemClock, PAUSE_MS, signal);
  }
}
