/** When endpoints were probed, and when they will be. Pure. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';

import type { Speech } from './situation.ts';

type ProbeFacts = Pick<ApiEndpoint['probe'], 'isRunning' | 'nextAtMs' | 'plan'>;

/** "4 s", "now", or why there is none; short enough for a column. */
export function nextProbeText(
  { probe: { isRunning, nextAtMs, plan } }: { readonly probe: ProbeFacts },
  { say, numbers }: Speech,
  epochMs: number,
): string {
  if (isRunning) return say('probe.now');
  // The state of a disabled endpoint says it already.
  if (plan.status === 'off') return plan.why === 'disabled' ? '–' : say(`probe.off.${plan.why}`);
  return nextAtMs === null ? '–' : numbers.duration(nextAtMs - epochMs);
}

/** The same for all endpoints together. */
export function soonestProbeText(
  { automation, endpoints }: SoonestFacts,
  { say, numbers }: Speech,
  epochMs: number,
): string {
  if (automation.status === 'paused') return say('probe.off.paused');
  if (endpoints.some(({ probe }) => probe.isRunning)) return say('probe.now');
  const moments = endpoints.flatMap(({ probe }) => probe.nextAtMs ?? []);
  return moments.length === 0 ? '–' : numbers.duration(Math.min(...moments) - epochMs);
}

interface SoonestFacts {
  readonly automation: Pick<ApiState['automation'], 'status'>;
  readonly endpoints: readonly { readonly probe: ProbeFacts }[];
}

/** "812 ms, 4 s ago". */
export function lastProbeText(
  last: ApiEndpoint['probe']['last'],
  { say, numbers }: Speech,
  epochMs: number,
): string {
  if (last === null) return say('health.unprobed');
  const { verdict, atMs } = last;
  const result =
    verdict.status === 'ok'
      ? numbers.latency(verdict.latencyMs)
      : say(`failure.${verdict.failure}`);
  return say('probe.result', { result, age: numbers.duration(epochMs - atMs) });
}
