/** Usage by probes: rows in the same ledger as people's, under a reserved person. */
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import { type PaidRequest, usageOfProbe } from '@zephyr/core';
import type { Redis } from 'ioredis';

import { SLOT_LIFE_MS } from './probe-store.ts';
import { recordUsage } from './usage-store.ts';

/** What is counted of a probe; a survey of a new endpoint, which is no probe, has it too. */
type PaidProbe = PaidRequest & Pick<ProbeResult, 'slot'>;

export interface ProbeUsage {
  readonly result: PaidProbe;
  /** As named in the configuration. */
  readonly model: string;
  /** Number of configured people. */
  readonly people: number;
}

/** Records late results too: the money is spent. Safe to retry after a lost reply. */
export async function recordProbeUsage(
  redis: Redis,
  { result, model, people }: ProbeUsage,
): Promise<void> {
  const batch = {
    ...{ writer: result.slot, sequence: 1 },
    ...{ rows: [usageOfProbe(result, model)], records: [] },
  };
  await recordUsage(redis, batch, { people, writtenLifeMs: SLOT_LIFE_MS });
}
