import type { ProbeResult, ProbeVerdict } from '@zephyr/contract/probe/probe';
import { PROBES } from '@zephyr/contract/reserved-names';
import { NANO } from '@zephyr/contract/units';
import type { UsageRow } from '@zephyr/contract/usage/usage';

import { hourOf } from './usage-by-hour.ts';

export interface PaidRequest
  extends Pick<ProbeResult, 'endpointId' | 'startedAtMs' | 'usage' | 'costUsd'> {
  readonly verdict: Pick<ProbeVerdict, 'status'>;
}

/** One probe as a row of the ledger, in the hour in which it started. */
export function usageOfProbe(
  { endpointId, startedAtMs, verdict, usage, costUsd }: PaidRequest,
  model: string,
): UsageRow {
  const { cacheWrite1hTokens = 0 } = usage;
  return {
    ...{ person: PROBES, endpoint: endpointId, model },
    fromAtMs: hourOf(startedAtMs),
    counts: {
      requests: 1,
      failed: verdict.status === 'failed' ? 1 : 0,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadTokens,
      cacheWrite5mTokens: usage.cacheWriteTokens - cacheWrite1hTokens,
      cacheWrite1hTokens,
      costNanoUsd: Math.round(costUsd * NANO),
      unpriced: 0,
      incomplete: 0,
      possiblyBilledTwice: 0,
    },
  };
}
