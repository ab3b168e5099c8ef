import type { Score } from '@zephyr/contract/decide/score';

import { estimateLatency } from '../../learn/latency.ts';
import { basisOf, type ProbeLatencyPolicy } from '../../learn/probe-latency.ts';
import type { Context } from '../world/context.ts';
import type { Assessment, FreshnessPolicy } from './assessment.ts';

/** The tables of the policy that a comparison depends on. */
export interface ComparisonTables {
  readonly latency: ProbeLatencyPolicy;
  readonly switching: FreshnessPolicy;
}

type KnownScore = Extract<Score, { status: 'known' }>;

export interface ComparableScores {
  readonly from: KnownScore;
  readonly to: KnownScore;
  /** `across_styles`: the two were measured by probes of different styles. */
  readonly measured: 'alike' | 'across_styles';
}

/**
 * The scores of two endpoints, by probes of the same style if possible; undefined if either score is
 * unknown. Endpoints that by configuration share no style are compared as they are.
 */
export function comparableScores(
  active: Assessment,
  rival: Assessment,
  context: Context<ComparisonTables>,
): ComparableScores | undefined {
  const [from, to] = [active.score, rival.score];
  if (from.status === 'unknown' || to.status === 'unknown') return undefined;
  const { latency: policy } = context.policy;
  const latencies = [active.endpoint.latency, rival.endpoint.latency] as const;
  const isSameBasis = basisOf(latencies[0], policy) === basisOf(latencies[1], policy);
  const hasNoCliTime = latencies.some(({ cli }) => cli.samples.length === 0);
  if (isSameBasis || hasNoCliTime) return { from, to, measured: 'alike' };
  const byCli = { from: withCliTime(active, from, context), to: withCliTime(rival, to, context) };
  return byCli.from === undefined || byCli.to === undefined
    ? { from, to, measured: 'across_styles' }
    : { from: byCli.from, to: byCli.to, measured: 'alike' };
}

/** The score with the latency of CLI probes; undefined if those are too old for comparison. */
function withCliTime(
  { endpoint }: Assessment,
  score: KnownScore,
  { epochMs, policy }: Context<ComparisonTables>,
): KnownScore | undefined {
  const byCli = estimateLatency(endpoint.latency.cli, epochMs, policy.latency);
  if (byCli === null || epochMs - byCli.measuredAtMs > policy.switching.staleAfterMs) {
    return undefined;
  }
  return {
    ...score,
    latencyMs: byCli.latencyMs,
    uncertaintyMs: Math.max(score.uncertaintyMs, byCli.standardErrorMs),
  };
}
