import type { ProbePlan, ProbeWants } from '@zephyr/contract/probe';
import { isSuspicious, isTimed } from '../learn/live-excess.ts';
import { isLosingRequests } from '../learn/live-success.ts';
import { own } from '../own-property.ts';
import { spentShareOf } from '../probe/budget-day.ts';
import { nextAsk } from '../probe/direct-probes.ts';
import type { Assessment } from './assessment.ts';
import type { Context, Step } from './context.ts';
import type { Effect } from './inputs.ts';
import { idleIntervalMs, scaledInterval } from './load-scaled-interval.ts';
import type { GroupState, World } from './world.ts';

/** Emits the probe plans that have changed. */
export function stepProbePlans(
  world: World,
  assessments: readonly Assessment[],
  context: Context,
): Step {
  const plans: Record<string, ProbePlan> = {};
  const effects: Effect[] = [];
  for (const assessment of assessments) {
    const endpointId = assessment.endpoint.id;
    const plan = planProbes(world, assessment, context);
    const former = own(world.probePlans, endpointId);
    plans[endpointId] = former !== undefined && isSamePlan(former, plan) ? former : plan;
    if (plans[endpointId] === plan) effects.push({ kind: 'set_probe', endpointId, plan });
  }
  const isChanged =
    effects.length > 0 || Object.keys(world.probePlans).length !== assessments.length;
  return { next: isChanged ? { ...world, probePlans: plans } : world, effects };
}

function isSamePlan(a: ProbePlan, b: ProbePlan): boolean {
  if (a.status === 'off' || b.status === 'off') return a.why === b.why;
  const isSamePace = a.intervalMs === b.intervalMs && a.why === b.why;
  return isSamePace && a.spending === b.spending && a.wants === b.wants;
}

/** When to probe one endpoint now. */
function planProbes(world: World, assessment: Assessment, context: Context): ProbePlan {
  const { endpoint, unavailable } = assessment;
  const group = own(world.groups, endpoint.groupName);
  if (group === undefined) throw new Error(`endpoint ${endpoint.id} has no group`);
  if (unavailable.includes('disabled')) return { status: 'off', why: 'disabled' };
  if (world.wishes.paused) return { status: 'off', why: 'paused' };
  const spentShare = spentShareOf(group, context.nowMs);
  if (spentShare >= 1) return { status: 'off', why: 'budget_spent' };
  const { policy } = context;
  const spending = spentShare >= policy.probing.cheaperFromShare ? 'cheaper' : 'normal';
  const pace = paceOf(world, { assessment, group, context });
  const wants = wantsOf(world, { ...pace, spending }, { assessment, group, context });
  return { status: 'scheduled', spending, ...pace, wants };
}

type ScheduledPlan = Extract<ProbePlan, { status: 'scheduled' }>;
type Pace = Pick<ScheduledPlan, 'intervalMs' | 'why'>;

interface Planned {
  readonly assessment: Assessment;
  readonly group: GroupState;
  readonly context: Context;
}

/** What the probes of this pace are to find out. */
function wantsOf(
  world: World,
  { intervalMs, why, spending }: Omit<ScheduledPlan, 'status' | 'wants'>,
  { assessment, group, context }: Planned,
): ProbeWants {
  const { endpoint, ejection } = assessment;
  if (endpoint.styleChoice === 'fixed') {
    return why === 'verifying' || why === 'deciding' ? 'real' : 'any';
  }
  const { nowMs, policy } = context;
  const idleMs = nowMs - world.lastBusyAtMs;
  const askEveryMs = Math.max(intervalMs, idleIntervalMs(group, idleMs));
  const isIdle = askEveryMs > group.intervalMs;
  const cliAge = () => {
    if (spending === 'cheaper') return Number.POSITIVE_INFINITY;
    if (why === 'deciding') return cliAgeForSwitchMs(world, context);
    return group.realIntervalMs * (isIdle ? policy.probing.idleCliFactor : 1);
  };
  return nextAsk(endpoint.probes, {
    ...{ nowMs, intervalMs, policy: policy.probing },
    isInDoubt:
      why === 'verifying' ||
      endpoint.health.status !== 'healthy' ||
      endpoint.tokenAccess.status !== 'accepted' ||
      ejection.status !== 'admitted' ||
      isLosingRequests(endpoint.live, nowMs, policy.health),
    cliMaxAgeMs: cliAge(),
    askEveryMs: why === 'deciding' ? intervalMs : askEveryMs,
  });
}

/** Endpoints that are measured by different styles are compared by their CLI probes. */
function cliAgeForSwitchMs({ switching }: World, { policy }: Context): number {
  const { lead } = switching;
  const isAcrossStyles = lead.status === 'leading' && lead.confirmations === 0;
  return isAcrossStyles ? 0 : policy.probing.cliBeforeSwitchMs;
}

function paceOf(world: World, { assessment, group, context }: Planned): Pace {
  const { nowMs, policy } = context;
  const isDoubtful = isSuspicious(assessment.endpoint.times, nowMs, policy.live);
  const isLosing =
    assessment.endpoint.id === world.selection.activeId &&
    isLosingRequests(assessment.endpoint.live, nowMs, policy.health);
  const proving = provingMs(assessment, context);
  if (proving !== undefined) return { intervalMs: proving, why: 'verifying' };
  if (isDoubtful || isLosing || isVerifying(assessment)) {
    const intervalMs = Math.min(policy.probing.verifyIntervalMs, group.minIntervalMs);
    return { intervalMs, why: 'verifying' };
  }
  if (isComparing(assessment)) {
    const intervalMs = Math.min(policy.probing.verifyIntervalMs, group.minIntervalMs);
    return { intervalMs, why: 'comparing' };
  }
  if (isDeciding(world, assessment)) return { intervalMs: group.minIntervalMs, why: 'deciding' };
  const { times, live } = assessment.endpoint;
  const isKnown = assessment.score.status === 'known' && isTimed(times, nowMs, policy.live);
  const liveAtMs = live.succeededAtMs;
  if (isKnown && liveAtMs !== null && nowMs - liveAtMs <= policy.probing.liveFreshMs) {
    const intervalMs = Math.min(
      group.maxIntervalMs,
      group.intervalMs * policy.probing.unneededFactor,
    );
    return { intervalMs: Math.max(intervalMs, group.intervalMs), why: 'unneeded' };
  }
  return group.dynamicScaling
    ? scaledInterval(world, group, { nowMs, policy: policy.probing })
    : { intervalMs: group.intervalMs, why: 'configured' };
}

/**
 * The interval after the URL or token has changed, or after a new leader found the endpoint out of
 * order. The first probe may still run with the previous configuration, because each service reads
 * its files once a second: so it is probed each second for a moment, then as for any open question,
 * until a probe passes.
 */
function provingMs({ endpoint }: Assessment, { nowMs, policy }: Context): number | undefined {
  const { changedAtMs, health } = endpoint;
  if (changedAtMs === null || health.status === 'healthy') return undefined;
  const sinceMs = nowMs - changedAtMs;
  const { proveMs, proveIntervalMs, verifyIntervalMs } = policy.probing;
  if (sinceMs < proveMs) return proveIntervalMs;
  return sinceMs < 4 * verifyIntervalMs ? verifyIntervalMs : undefined;
}

/** Whether the last probe raised a question that should not wait for the interval. */
function isVerifying({ endpoint }: Assessment): boolean {
  const { health, tokenAccess, probes } = endpoint;
  const isHeld = probes.direct.status === 'comparing' && probes.direct.held !== null;
  return (
    isHeld ||
    (health.status === 'healthy' && health.failStreak > 0) ||
    (health.status === 'unhealthy' && health.passStreak > 0) ||
    tokenAccess.status === 'doubted'
  );
}

/** Whether the CLI has passed, and a direct request is to show that it gets the same answer. */
function isComparing({ endpoint }: Assessment): boolean {
  return endpoint.probes.direct.status === 'comparing';
}

/** Whether a switch is near that depends on this endpoint, or nothing is available. */
function isDeciding(world: World, { endpoint }: Assessment): boolean {
  const { selection, switching, wishes } = world;
  if (selection.reason === 'nothing_available') return true;
  const { lead, freeze } = switching;
  const isFree =
    wishes.mode.kind === 'auto' && freeze.status === 'none' && !world.overloadedEverywhere;
  if (lead.status !== 'leading' || !isFree) return false;
  return endpoint.id === lead.challengerId || endpoint.id === selection.activeId;
}
