import { totalmem } from 'node:os';

import { DEFAULT_STARTS } from './start-gate.ts';

/** Measured: the peak of one CLI. Half of the memory may be theirs. */
const CLI_MEMORY_BYTES = 300 * 1024 * 1024;
/**
 * Checks at once for each that may start at once: most of a check is waiting, and an endpoint that
 * hangs until its time-out must not hold up the checks of the others.
 */
const CHECKS_PER_START = 8;
const MOST_CHECKS = 16;

/** How many checks one program runs at the same time. */
export function checksAtOnce(): number {
  // In a container its limit; larger than any memory where there is none.
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor(memoryBytes / 2 / CLI_MEMORY_BYTES);
  return Math.max(1, Math.min(CHECKS_PER_START * DEFAULT_STARTS, fitting, MOST_CHECKS));
}
