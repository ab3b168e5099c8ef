/** What probes have used: rows of the ledger that people are in too, of a person of their own. */
import type { ProbeResult } from '@zephyr/contract/probe';
import { PROBES } from '@zephyr/contract/usage';
import { DAY_MS, HOUR_MS, usageOfProbe } from '@zephyr/core';
import type { Redis } from 'ioredis';

import { readUsage, recordUsage } from './usage-store.ts';

/** A result is held for half a minute and its job repeated for some; then nobody writes it again. */
const WRITTEN_LIFE_MS = 2 * HOUR_MS;
const NANO = 1_000_000_000;

/** The probes of one endpoint in one day. */
export interface ProbeDay {
  readonly probes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
}

/**
 * Also of a late result: the money is spent. Safe to repeat when the reply was lost.
 * @param model as the configuration names it
 */
export async function recordProbeUsage(
  redis: Redis,
  result: ProbeResult,
  model: string,
): Promise<void> {
  const batch = {
    ...{ writer: result.slot, sequence: 1 },
    ...{ rows: [usageOfProbe(result, model)], records: [] },
  };
  await recordUsage(redis, batch, WRITTEN_LIFE_MS);
}

/**
 * By endpoint id; endpoints without a probe that day are absent.
 * @param atMs any moment of the day (UTC)
 */
export async function readProbeDay(
  redis: Redis,
  atMs: number,
): Promise<Readonly<Record<string, ProbeDay>>> {
  const sinceAtMs = atMs - (atMs % DAY_MS);
  const range = { sinceAtMs, untilAtMs: sinceAtMs + DAY_MS, unit: 'day' } as const;
  const { rows } = await readUsage(redis, range);
  const days: Record<string, ProbeDay> = {};
  for (const { person, endpoint, counts } of rows) {
    if (person !== PROBES) continue;
    const former = days[endpoint];
    days[endpoint] = {
      probes: (former?.probes ?? 0) + counts.requests,
      inputTokens: (former?.inputTokens ?? 0) + counts.inputTokens,
      outputTokens: (former?.outputTokens ?? 0) + counts.outputTokens,
      cacheReadTokens: (former?.cacheReadTokens ?? 0) + counts.cacheReadTokens,
      cacheWriteTokens:
        (former?.cacheWriteTokens ?? 0) + counts.cacheWrite5mTokens + counts.cacheWrite1hTokens,
      costUsd: (former?.costUsd ?? 0) + counts.costNanoUsd / NANO,
    };
  }
  return days;
}
