import { setTimeout as sleep } from 'node:timers/promises';

import { systemClock } from '@zephyr/runtime/clock';

interface PollTimes {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * Looks at least once, and again and again within the limit, until there is something other than undefined,
 * which it returns; undefined when the time is over.
 */
export async function poll<Found>(
  look: () => Promise<Found | undefined> | Found | undefined,
  { intervalMs, timeoutMs }: PollTimes,
): Promise<Found | undefined> {
  const untilAtMs = systemClock.nowMs() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || systemClock.nowMs() >= untilAtMs) return found;
    await sleep(intervalMs);
  }
}
