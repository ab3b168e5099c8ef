import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 50;
const PATIENCE_MS = 120_000;

/** Waits until the condition holds. @throws after two minutes, naming the condition */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > limitMs) throw new Error(`waited in vain: ${what}`);
    await sleep(EVERY_MS);
  }
}
