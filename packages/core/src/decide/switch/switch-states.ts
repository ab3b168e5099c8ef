import type { Selection } from '@zephyr/contract/route/selection';
import type { EpochMs } from '@zephyr/contract/scalars';

import { assertNever } from '../../types.ts';
import { type Assessment, bestAvailable } from '../assess/assessment.ts';
import { type Context, type Step, stay } from '../world/context.ts';
import { activeRequestsOf, sessionLoadOf } from '../world/presence.ts';
import type { World } from '../world/world.ts';
import { recordDecision, switchTo, withNotices } from './apply-switch.ts';
import {
  bestChallenger,
  type Challenger,
  compare,
  type LatencySwitchTables,
  nextLead,
  readiness,
  waitMsOf,
} from './latency-switch.ts';
import { type FailureSwitchPolicy, requiredSwitch } from './pinned-and-failure-switch.ts';
import { type SessionPolicy, weighTrade } from './switch-cost.ts';
import { operatorVetoOf } from './switch-veto.ts';

/** In `switching` of the policy. */
export interface FirstChoicePolicy {
  /** How long to wait for all scores after a start before the first choice. */
  readonly settleMs: number;
}

export const FIRST_CHOICE_NUMBERS: FirstChoicePolicy = { settleMs: 30_000 };

/** The tables of the policy that the selection depends on. */
interface SelectionTables extends LatencySwitchTables {
  readonly sessions: SessionPolicy;
  readonly switching: LatencySwitchTables['switching'] & FailureSwitchPolicy & FirstChoicePolicy;
}

/**
 * One step of the selection's state machine (see `Selection`): required switches first, then what the
 * current state waits for, then latency switches.
 */
export function stepSelection(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SelectionTables>,
): Step {
  const verdict = requiredSwitch(world, assessments, context);
  switch (verdict.status) {
    case 'must':
      return switchTo(world, { ...verdict, assessments, context });
    case 'stranded':
      return strand(world, assessments, context);
    case 'recovered':
      return recover(world, assessments, context);
    case 'stay':
      break;
    default:
      return assertNever(verdict);
  }
  const { selection } = world;
  switch (selection.status) {
    case 'pending':
      return stepPending(world, { selection, assessments, context });
    case 'draining': {
      const isIdle = activeRequestsOf(world.proxies, selection.drainingId) === 0;
      return isIdle
        ? settle(world, { selection, assessments, context })
        : stepLatency(world, assessments, context);
    }
    case 'steady':
      return stepLatency(world, assessments, context);
    default:
      return assertNever(selection);
  }
}

/** No endpoint can serve: the active one stays selected, and proxies try all of them. */
function strand(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SelectionTables>,
): Step {
  const { selection } = world;
  const isKnown = assessments.some(({ endpoint }) => endpoint.id === selection.activeId);
  if (selection.reason === 'nothing_available' && isKnown) return stay(world);
  const fallback = isKnown ? selection.activeId : assessments[0]?.endpoint.id;
  if (fallback === undefined) return stay(world);
  const next: World = {
    ...world,
    selection: {
      status: 'steady',
      activeId: fallback,
      reason: 'nothing_available',
      sinceAtMs: context.epochMs,
    },
    switching: {
      ...world.switching,
      lead: { status: 'none' },
      ramp: { status: 'none' },
      standing: { reason: 'nothing_available', sinceAtMs: context.epochMs },
    },
  };
  const step = recordDecision(next, {
    fromId: selection.activeId,
    toId: fallback,
    reason: 'nothing_available',
    phase: 'switched',
    assessments,
    context,
  });
  return withNotices(step, [{ code: 'nothing_available' }]);
}

function recover(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SelectionTables>,
): Step {
  const { activeId } = world.selection;
  const next: World = {
    ...world,
    selection: { status: 'steady', activeId, reason: 'recovered', sinceAtMs: context.epochMs },
    switching: {
      ...world.switching,
      standing: { reason: 'recovered', sinceAtMs: context.epochMs },
    },
  };
  const step = recordDecision(next, {
    fromId: activeId,
    toId: activeId,
    reason: 'recovered',
    phase: 'switched',
    assessments,
    context,
  });
  return withNotices(step, [{ code: 'available_again' }]);
}

interface Selected<Status extends Selection['status']> {
  readonly selection: Extract<Selection, { readonly status: Status }>;
  readonly assessments: readonly Assessment[];
  readonly context: Context<SelectionTables>;
}

function settle(world: World, about: Selected<'draining'>): Step {
  const { selection, assessments, context } = about;
  const { activeId, drainingId, reason, sinceAtMs } = selection;
  return recordDecision(
    { ...world, selection: { status: 'steady', activeId, reason, sinceAtMs } },
    { fromId: drainingId, toId: activeId, reason, phase: 'settled', assessments, context },
  );
}

function stepPending(world: World, about: Selected<'pending'>): Step {
  const { selection, assessments, context } = about;
  const { activeId, nextId, reason } = selection;
  const active = assessments.find(({ endpoint }) => endpoint.id === activeId);
  const rival = assessments.find(({ endpoint }) => endpoint.id === nextId);
  const challenger =
    active === undefined || rival === undefined ? undefined : compare(active, rival, context);
  const isGainGone =
    rival?.isAvailable !== true ||
    (challenger !== undefined &&
      challenger.gain.gainMs < context.policy.switching.switchThresholdMs);
  // Flapping does not withdraw it: that freezes only later switches.
  const isVetoed = operatorVetoOf(world) !== 'none' || world.isOverloadedEverywhere;
  if (isGainGone || isVetoed) {
    const next: World = {
      ...world,
      selection: { status: 'steady', activeId, ...world.switching.standing },
      switching: { ...world.switching, lead: { status: 'none' } },
    };
    const about = { fromId: activeId, toId: nextId, reason, assessments, context } as const;
    return recordDecision(next, { ...about, phase: 'withdrawn' });
  }
  const isIdle = activeRequestsOf(world.proxies, activeId) === 0;
  if (!isIdle && context.epochMs < selection.deadlineAtMs) return stay(world);
  const gain = challenger && { ...challenger.gain, confirmations: 0 };
  const trade = weighTrade(
    sessionLoadOf(world.proxies, activeId),
    challenger?.gain.gainMs ?? 0,
    context.policy.sessions,
  );
  return switchTo(world, { toId: nextId, reason, gain, trade, assessments, context });
}

function stepLatency(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SelectionTables>,
): Step {
  const { phase } = world.switching;
  if (phase.status === 'settling') {
    return stepSettling(world, phase.sinceAtMs, { assessments, context });
  }
  const challenger = bestChallenger(world, assessments, context);
  const lead = nextLead(world.switching.lead, challenger);
  const led: World =
    lead === world.switching.lead ? world : { ...world, switching: { ...world.switching, lead } };
  const isReady = readiness(led, lead, context) === 'ready';
  if (!isReady || challenger === undefined || lead.status !== 'ahead') return stay(led);
  return begin(led, challenger, { confirmations: lead.confirmations, assessments, context });
}

interface Begin {
  readonly confirmations: number;
  readonly assessments: readonly Assessment[];
  readonly context: Context<SelectionTables>;
}

/** Starts a latency switch: immediately if there are no active requests, otherwise it waits for them. */
function begin(world: World, challenger: Challenger, about: Begin): Step {
  const { assessments, context } = about;
  const { activeId } = world.selection;
  const gain = { ...challenger.gain, confirmations: about.confirmations };
  const trade = weighTrade(
    sessionLoadOf(world.proxies, activeId),
    gain.gainMs,
    context.policy.sessions,
  );
  const made = {
    toId: challenger.toId,
    reason: challenger.reason,
    gain,
    trade,
    assessments,
    context,
  };
  if (activeRequestsOf(world.proxies, activeId) === 0) return switchTo(world, made);
  const next: World = {
    ...world,
    selection: {
      status: 'pending',
      activeId,
      nextId: challenger.toId,
      reason: challenger.reason,
      sinceAtMs: context.epochMs,
      deadlineAtMs: (context.epochMs + waitMsOf(world, context)) as EpochMs,
    },
  };
  return recordDecision(next, { ...made, fromId: activeId, phase: 'planned' });
}

/**
 * After a start: the first choice, once all scores are known or time is up. Allowed during an overload:
 * this leader has made no choice yet whose prompt caches a switch would give up, and the overload counts against no
 * endpoint.
 */
function stepSettling(
  world: World,
  sinceAtMs: EpochMs,
  { assessments, context }: Pick<Begin, 'assessments' | 'context'>,
): Step {
  const isKnown = assessments.every(
    ({ unavailable, endpoint, score }) =>
      unavailable.length > 0 || score.status === 'known' || endpoint.health.status === 'unhealthy',
  );
  const isTimeUp = context.epochMs - sinceAtMs >= context.policy.switching.settleMs;
  const best = bestAvailable(assessments);
  if ((!isKnown && !isTimeUp) || best?.score.status !== 'known') return stay(world);
  const settled: World = {
    ...world,
    switching: { ...world.switching, phase: { status: 'settled' } },
  };
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  const challenger = active && compare(active, best, context);
  const isBetter =
    challenger === undefined
      ? active?.score.status === 'unknown'
      : challenger.gain.gainMs >= context.policy.switching.switchThresholdMs;
  const isVetoed = operatorVetoOf(world) !== 'none';
  if (best === active || !isBetter || isVetoed) return stay(settled);
  const gain = challenger && { ...challenger.gain, confirmations: 1 };
  return switchTo(settled, {
    toId: best.endpoint.id,
    reason: 'initial',
    gain,
    assessments,
    context,
  });
}
