import { vi } from 'vitest';

/** On a machine that others keep busy; what holds is seen at once all the same. */
const PATIENCE_MS = 120_000;

/**
 * Waits until the assertion holds; fails with its last error. Every test waits with this patience:
 * a limit of its own is one more that a busy machine exceeds.
 *
 * @param everyMs longer where looking costs something
 * @param patienceMs shorter where the caller then tries again
 */
export function eventually<T>(
  assertion: () => T | Promise<T>,
  everyMs = 20,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  return vi.waitFor(assertion, { timeout: patienceMs, interval: everyMs });
}
