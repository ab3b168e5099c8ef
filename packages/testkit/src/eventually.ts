import { vi } from 'vitest';

/** Long enough for a busy machine; an assertion that holds returns immediately anyway. */
const TIMEOUT_MS = 120_000;

/**
 * Waits until the assertion holds; fails with its last error. All tests share this patience: a limit of
 * their own would be one more that a busy machine exceeds.
 *
 * @param everyMs longer if checking is expensive
 * @param timeoutMs shorter if the caller then tries again
 */
export function eventually<T>(
  assertion: () => T | Promise<T>,
  everyMs = 20,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  return vi.waitFor(assertion, { timeout: timeoutMs, interval: everyMs });
}
