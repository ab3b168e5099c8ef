import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const TIMEOUT_MS = 120_000;

/** Waits until the condition holds. @throws after two minutes, naming the condition */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineAtMs = performance.now() + TIMEOUT_MS;
  while (!(await holds())) {
    if (performance.now() > deadlineAtMs) throw new Error(`waited in vain: ${what}`);
    await sleep(POLL_MS);
  }
}
