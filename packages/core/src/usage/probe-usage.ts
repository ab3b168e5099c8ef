import type { ProbeResult } from '@zephyr/contract/probe';
import { PROBES } from '@zephyr/contract/reserved-names';
import { HOUR_MS, NANO } from '@zephyr/contract/units';
import type { UsageRow } from '@zephyr/contract/usage';

/** One probe as a row of the ledger, in the hour in which it started. */
export function usageOfProbe(
  { endpointId, startedAtMs, verdict, usage, costUsd }: ProbeResult,
  model: string,
): UsageRow {
  return {
    ...{ person: PROBES, endpoint: endpointId, model },
    fromAtMs: startedAtMs - (startedAtMs % HOUR_MS),
    counts: {
      requests: 1,
      failed: verdict.status === 'failed' ? 1 : 0,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadTokens,
      cacheWrite5mTokens: usage.cacheWriteTokens,
      cacheWrite1hTokens: 0,
      costNanoUsd: Math.round(costUsd * NANO),
      unpriced: 0,
      incomplete: 0,
      possiblyBilledTwice: 0,
    },
  };
}
