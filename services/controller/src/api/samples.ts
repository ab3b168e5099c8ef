/** Points of the latency chart, from the probe and outcome streams. Pure. */
import type { ApiSample } from '@zephyr/contract/api/api-history';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';

export function probeSample({ atMs, value }: StreamEntry<ProbeResult>): ApiSample {
  const { endpointId, verdict } = value;
  return {
    atMs,
    endpointId,
    source: 'probe',
    verdict:
      verdict.status === 'ok'
        ? { status: 'ok', latencyMs: verdict.latencyMs }
        : { status: 'failed', failure: verdict.failure },
  };
}

/** One point per endpoint of a report: the median of its times, or its most common failure. */
export function liveSamples({ atMs, value }: StreamEntry<OutcomeBatch>): readonly ApiSample[] {
  return Object.entries(value.endpoints).flatMap(([endpointId, counts]): readonly ApiSample[] => {
    const sorted = counts.ttft.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    const base = { atMs, endpointId, source: 'live' as const };
    if (middle !== undefined) {
      return [{ ...base, verdict: { status: 'ok', latencyMs: middle } }];
    }
    const [worst] = Object.entries(counts.failed).toSorted(([, a], [, b]) => b - a);
    if (worst === undefined) return [];
    return [{ ...base, verdict: { status: 'failed', failure: worst[0] as FailureClass } }];
  });
}
