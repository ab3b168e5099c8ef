import type { ProbePlan, ProbeWants } from '@zephyr/contract/probe/probe';
import { isLosingRequests } from '../../learn/live-success.ts';
import { own } from '../../own-property.ts';
import { spentShareOf } from '../../probe/budget-day.ts';
import { type DirectProbePolicy, nextAsk } from '../../probe/cli-or-direct.ts';
import type { Assessment } from '../assess/assessment.ts';
import type { CliProofPolicy } from '../switch/latency-switch.ts';
import type { Context, Step } from '../world/context.ts';
import type { Effect } from '../world/inputs.ts';
import type { World } from '../world/world.ts';
import { idleIntervalMs } from './load-scaled-interval.ts';
import { type PaceTables, type Planned, paceOf } from './probe-pace.ts';

/** In `probing` of the policy. */
export interface ProbePlanPolicy {
  /** While idle, the CLI runs less often by this factor. */
  readonly idleCliFactor: number;
  /** From this share of the daily budget on, cheaper probes are planned. */
  readonly cheaperFromShare: number;
}

export const PROBE_PLAN_NUMBERS: ProbePlanPolicy = { idleCliFactor: 4, cheaperFromShare: 0.8 };

/** The tables of the policy that a probe plan depends on. */
interface PlanTables extends PaceTables {
  readonly probing: PaceTables['probing'] & ProbePlanPolicy & DirectProbePolicy & CliProofPolicy;
}

/** Emits the probe plans that have changed. */
export function stepProbePlans(
  world: World,
  assessments: readonly Assessment[],
  context: Context<PlanTables>,
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
function planProbes(world: World, assessment: Assessment, context: Context<PlanTables>): ProbePlan {
  const { endpoint, unavailable } = assessment;
  const group = own(world.groups, endpoint.groupName);
  if (group === undefined) throw new Error(`endpoint ${endpoint.id} has no group`);
  if (unavailable.includes('disabled')) return { status: 'off', why: 'disabled' };
  if (world.wishes.automation === 'paused') return { status: 'off', why: 'paused' };
  const spentShare = spentShareOf(group, context.epochMs);
  if (spentShare >= 1) return { status: 'off', why: 'budget_spent' };
  const { policy } = context;
  const spending = spentShare >= policy.probing.cheaperFromShare ? 'cheaper' : 'normal';
  const pace = paceOf(world, { assessment, group, context });
  const wants = wantsOf(world, { ...pace, spending }, { assessment, group, context });
  return { status: 'scheduled', spending, ...pace, wants };
}

type ScheduledPlan = Extract<ProbePlan, { status: 'scheduled' }>;

/** What probes at this pace must find out. */
function wantsOf(
  world: World,
  { intervalMs, why, spending }: Omit<ScheduledPlan, 'status' | 'wants'>,
  { assessment, group, context }: Planned<PlanTables>,
): ProbeWants {
  const { endpoint, ejection } = assessment;
  if (endpoint.styleChoice === 'fixed') {
    return why === 'verifying' || why === 'deciding' ? 'real' : 'any';
  }
  const { epochMs, policy } = context;
  const idleMs = epochMs - world.lastBusyAtMs;
  const askEveryMs = Math.max(intervalMs, idleIntervalMs(group, idleMs));
  const isIdle = askEveryMs > group.intervalMs;
  const cliAge = () => {
    if (spending === 'cheaper') return Number.POSITIVE_INFINITY;
    if (why === 'deciding') return cliAgeForSwitchMs(world, context);
    return group.realIntervalMs * (isIdle ? policy.probing.idleCliFactor : 1);
  };
  return nextAsk(endpoint.probes, {
    ...{ epochMs, intervalMs, policy: policy.probing },
    isInDoubt:
      why === 'verifying' ||
      endpoint.health.status !== 'healthy' ||
      endpoint.tokenAccess.status !== 'accepted' ||
      ejection.status !== 'admitted' ||
      isLosingRequests(endpoint.live, epochMs, policy.health),
    cliMaxAgeMs: cliAge(),
    askEveryMs: why === 'deciding' ? intervalMs : askEveryMs,
  });
}

/** Endpoints that are measured by different styles are compared by their CLI probes. */
function cliAgeForSwitchMs({ switching }: World, { policy }: Context<PlanTables>): number {
  const { lead } = switching;
  const isAcrossStyles = lead.status === 'ahead' && lead.confirmations === 0;
  return isAcrossStyles ? 0 : policy.probing.cliBeforeSwitchMs;
}
