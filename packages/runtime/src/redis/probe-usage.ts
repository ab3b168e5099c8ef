/** What probes have used: rows of the ledger that people are in too, of a person of their own. */
import type { ProbeResult } from '@zephyr/contract/probe';
import { HOUR_MS } from '@zephyr/contract/units';
import { usageOfProbe } from '@zephyr/core';
import type { Redis } from 'ioredis';

import { recordUsage } from './usage-store.ts';

/** A result is held for half a minute and its job repeated for some; then nobody writes it again. */
const RESULT_LIFE_MS = 2 * HOUR_MS;

export interface ProbeUsage {
  readonly result: ProbeResult;
  /** As the configuration names it. */
  readonly model: string;
  /** Of the configuration. */
  readonly people: number;
}

/** Also of a late result: the money is spent. Safe to repeat when the reply was lost. */
export async function recordProbeUsage(
  redis: Redis,
  { result, model, people }: ProbeUsage,
): Promise<void> {
  const batch = {
    ...{ writer: result.slot, sequence: 1 },
    ...{ rows: [usageOfProbe(result, model)], records: [] },
  };
  await recordUsage(redis, batch, { people, writtenLifeMs: RESULT_LIFE_MS });
}
