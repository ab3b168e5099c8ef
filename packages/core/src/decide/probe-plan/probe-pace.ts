/** How often an endpoint is probed now, and why: open questions, fresh live traffic, or the interval. */
import type { ProbePlan } from '@zephyr/contract/probe/probe';

import { isSuspicious, isTimed, type LivePolicy } from '../../learn/live-excess.ts';
import { isLosingRequests, type LiveSuccessPolicy } from '../../learn/live-success.ts';
import type { Assessment } from '../assess/assessment.ts';
import { freezeOf, operatorVetoOf } from '../switch/switch-veto.ts';
import type { Context } from '../world/context.ts';
import type { GroupState, World } from '../world/world.ts';
import { type LoadScalingPolicy, scaledInterval } from './load-scaled-interval.ts';

/** In `probing` of the policy. */
export interface ProbePacePolicy {
  /** While a failure or a recovery is being confirmed. */
  readonly verifyIntervalMs: number;
  /** After a changed URL or token: the probe interval, and for how long. */
  readonly proveIntervalMs: number;
  readonly proveMs: number;
  /** Live successes younger than this make probes unnecessary. */
  readonly liveFreshMs: number;
  /** The interval is then longer by this factor: a few probes keep scores comparable. */
  readonly unneededFactor: number;
}

export const PROBE_PACE_NUMBERS: ProbePacePolicy = {
  verifyIntervalMs: 5_000,
  proveIntervalMs: 1_000,
  proveMs: 3_500,
  liveFreshMs: 30_000,
  unneededFactor: 5,
};

/** The tables of the policy that the pace depends on. */
export interface PaceTables {
  readonly health: LiveSuccessPolicy;
  readonly live: LivePolicy;
  readonly probing: ProbePacePolicy & LoadScalingPolicy;
}

type Pace = Pick<Extract<ProbePlan, { status: 'scheduled' }>, 'intervalMs' | 'why'>;

export interface Planned<Tables> {
  readonly assessment: Assessment;
  readonly group: GroupState;
  readonly context: Context<Tables>;
}

export function paceOf(world: World, { assessment, group, context }: Planned<PaceTables>): Pace {
  const { epochMs, policy } = context;
  const isDoubtful = isSuspicious(assessment.endpoint.times, epochMs, policy.live);
  const isLosing =
    assessment.endpoint.id === world.selection.activeId &&
    isLosingRequests(assessment.endpoint.live, epochMs, policy.health);
  const proving = provingMs(assessment, context);
  if (proving !== undefined) return { intervalMs: proving, why: 'verifying' };
  const soonMs = Math.min(policy.probing.verifyIntervalMs, group.minIntervalMs);
  if (isDoubtful || isLosing || isVerifying(assessment)) {
    return { intervalMs: soonMs, why: 'verifying' };
  }
  if (isComparing(assessment)) return { intervalMs: soonMs, why: 'comparing' };
  if (isDeciding(world, assessment)) return { intervalMs: group.minIntervalMs, why: 'deciding' };
  const { times, live } = assessment.endpoint;
  const isKnown = assessment.score.status === 'known' && isTimed(times, epochMs, policy.live);
  const liveAtMs = live.succeededAtMs;
  if (isKnown && liveAtMs !== null && epochMs - liveAtMs <= policy.probing.liveFreshMs) {
    const intervalMs = Math.min(
      group.maxIntervalMs,
      group.intervalMs * policy.probing.unneededFactor,
    );
    return { intervalMs: Math.max(intervalMs, group.intervalMs), why: 'unneeded' };
  }
  return group.dynamicScaling
    ? scaledInterval(world, group, { epochMs, policy: policy.probing })
    : { intervalMs: group.intervalMs, why: 'configured' };
}

/**
 * The interval after the URL or token changed, or after a new leader found the endpoint broken. The first
 * probe may still run with the previous configuration, because each service reads its files once a second.
 * So the endpoint is probed every second for a moment, then as for any open question, until a probe passes.
 */
function provingMs(
  { endpoint }: Assessment,
  { epochMs, policy }: Context<PaceTables>,
): number | undefined {
  const { changedAtMs, health } = endpoint;
  if (changedAtMs === null || health.status === 'healthy') return undefined;
  const sinceMs = epochMs - changedAtMs;
  const { proveMs, proveIntervalMs, verifyIntervalMs } = policy.probing;
  if (sinceMs < proveMs) return proveIntervalMs;
  return sinceMs < 4 * verifyIntervalMs ? verifyIntervalMs : undefined;
}

/** Whether the last probe raised a question that should not wait for the interval. */
function isVerifying({ endpoint }: Assessment): boolean {
  const { health, tokenAccess, probes } = endpoint;
  const hasDeferred = probes.direct.status === 'comparing' && probes.direct.deferred !== null;
  return (
    hasDeferred ||
    (health.status === 'healthy' && health.failStreak > 0) ||
    (health.status === 'unhealthy' && health.passStreak > 0) ||
    tokenAccess.status === 'doubted'
  );
}

/** Whether the CLI has passed, and a direct request must show that it gets the same answer. */
function isComparing({ endpoint }: Assessment): boolean {
  return endpoint.probes.direct.status === 'comparing';
}

/** Whether a switch is near that depends on this endpoint, or nothing is available. */
function isDeciding(world: World, { endpoint }: Assessment): boolean {
  const { selection, switching } = world;
  if (selection.reason === 'nothing_available') return true;
  const { lead } = switching;
  const isVetoed = operatorVetoOf(world) !== 'none' || freezeOf(world).status !== 'none';
  if (lead.status !== 'ahead' || isVetoed) return false;
  return endpoint.id === lead.challengerId || endpoint.id === selection.activeId;
}
