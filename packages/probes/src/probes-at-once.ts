import { totalmem } from 'node:os';

import { MIB } from '@zephyr/contract/units';

import { DEFAULT_STARTS } from './claude-cli/start-gate.ts';

/** The measured peak of one CLI. All of them together may use half of the memory. */
const CLI_MEMORY_BYTES = 300 * MIB;
/**
 * Concurrent probes per concurrent start: a probe mostly waits, and an endpoint that hangs until its
 * timeout must not delay the probes of the others.
 */
const PROBES_PER_START = 8;
const MAX_PROBES = 16;

/** How many probes one process runs at the same time. */
export function probesAtOnce(): number {
  // The limit of a container; larger than any memory if there is none.
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || totalmem());
  const fitting = Math.floor(memoryBytes / 2 / CLI_MEMORY_BYTES);
  return Math.max(1, Math.min(PROBES_PER_START * DEFAULT_STARTS, fitting, MAX_PROBES));
}
