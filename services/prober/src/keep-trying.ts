import { setTimeout as wait } from 'node:timers/promises';

/** How long a result is worth keeping: later, newer checks tell more. */
const KEEP_RESULT_MS = 30_000;
const PAUSE_MS = 500;

/**
 * Repeats what fails while Redis is away. Undefined when it did not succeed within 30 s, or when
 * the prober stops.
 */
export async function keepTrying<Value>(
  attempt: () => Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  const deadlineMs = performance.now() + KEEP_RESULT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch {
      if (signal.aborted || performance.now() + PAUSE_MS > deadlineMs) return undefined;
    }
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}
