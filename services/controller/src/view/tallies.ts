/** What the probes of each endpoint did today, and the last one: for people, not for decisions. */
import { type EpochMs, own, type ProbePlan, type ProbeResult } from '@zephyr/core';

export interface Tally {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly probes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  /** How long today fresh live traffic has stood in for probes. */
  readonly unneededMs: number;
  readonly last: ProbeResult | null;
  /** When its result was heard of, by the clock of Redis. */
  readonly lastAtMs: EpochMs | null;
}

/** By endpoint id. */
export type Tallies = Readonly<Record<string, Tally>>;

const DAY_MS = 86_400_000;

export function tallyOf(tallies: Tallies, endpointId: string, nowMs: EpochMs): Tally {
  const day = Math.floor(nowMs / DAY_MS);
  const former = own(tallies, endpointId);
  if (former?.day === day) return former;
  return {
    day,
    probes: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    unneededMs: 0,
    last: former?.last ?? null,
    lastAtMs: former?.lastAtMs ?? null,
  };
}

export function countProbe(tallies: Tallies, result: ProbeResult, nowMs: EpochMs): Tallies {
  const tally = tallyOf(tallies, result.endpointId, nowMs);
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = result.usage;
  return {
    ...tallies,
    [result.endpointId]: {
      ...tally,
      probes: tally.probes + 1,
      inputTokens: tally.inputTokens + inputTokens + cacheReadTokens + cacheWriteTokens,
      outputTokens: tally.outputTokens + outputTokens,
      costUsd: tally.costUsd + result.costUsd,
      last: result,
      lastAtMs: nowMs,
    },
  };
}

/** Adds the time since the last tick for each endpoint whose probes live traffic makes unneeded. */
export function countUnneeded(
  tallies: Tallies,
  plans: Readonly<Record<string, ProbePlan>>,
  when: { readonly nowMs: EpochMs; readonly elapsedMs: number },
): Tallies {
  const unneeded = Object.entries(plans).filter(
    ([, plan]) => plan.status === 'scheduled' && plan.why === 'unneeded',
  );
  if (unneeded.length === 0) return tallies;
  const changed = unneeded.map(([id]) => {
    const tally = tallyOf(tallies, id, when.nowMs);
    return [id, { ...tally, unneededMs: tally.unneededMs + when.elapsedMs }] as const;
  });
  return { ...tallies, ...Object.fromEntries(changed) };
}
