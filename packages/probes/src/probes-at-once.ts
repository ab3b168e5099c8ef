import { totalmem } from 'node:os';

import { DEFAULT_STARTS } from './claude-cli/start-gate.ts';

/** Measured: the peak of one CLI. Half of the memory may be theirs. */
const CLI_MEMORY_BYTES = 300 * 1024 * 1024;
/**
 * Probes at once for each that may start at once: most of a probe is waiting, and an endpoint that
 * hangs until its time-out must not hold up the probes of the others.
 */
const PROBES_PER_START = 8;
const MOST_PROBES = 16;

/** How many probes one program runs at the same time. */
export function probesAtOnce(): number {
  // In a container its limit; larger than any memory where there is none.
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor(memoryBytes / 2 / CLI_MEMORY_BYTES);
  return Math.max(1, Math.min(PROBES_PER_START * DEFAULT_STARTS, fitting, MOST_PROBES));
}
