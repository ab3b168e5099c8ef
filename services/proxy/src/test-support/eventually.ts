import { vi } from 'vitest';

/** On a machine that others keep busy; what holds is seen at once all the same. */
const PATIENCE_MS = 30_000;

/**
 * Waits until the assertion holds; fails with its last error.
 * @param everyMs longer where looking costs something
 */
export function eventually<T>(assertion: () => T | Promise<T>, everyMs = 20): Promise<T> {
  return vi.waitFor(assertion, { timeout: PATIENCE_MS, interval: everyMs });
}
