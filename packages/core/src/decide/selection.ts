import { assertNever, type EpochMs } from '../types.ts';
import { type Assessment, bestAvailable } from './assessment.ts';
import { type Step, stay, type Turn } from './context.ts';
import { activeRequestsOf, sessionLoadOf } from './presence.ts';
import { recordDecision, switchTo, withNotices } from './switch.ts';
import { weighTrade } from './switch-cost.ts';
import {
  bestCandidate,
  type Candidate,
  compare,
  nextLead,
  readiness,
  requiredSwitch,
} from './switch-rules.ts';
import type { World } from './world.ts';

/**
 * Moves the selection on by one step of its machine (see `Selection`): switches that must be, then
 * what the present state waits for, then latency switches.
 */
export function stepSelection(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const verdict = requiredSwitch(world, assessments, turn);
  switch (verdict.status) {
    case 'must':
      return switchTo(world, { ...verdict, assessments, turn });
    case 'stranded':
      return strand(world, assessments, turn);
    case 'recovered':
      return recover(world, assessments, turn);
    case 'stay':
      break;
    default:
      return assertNever(verdict);
  }
  const { selection } = world;
  switch (selection.status) {
    case 'pending':
      return stepPending(world, assessments, turn);
    case 'draining': {
      const isIdle = activeRequestsOf(world.proxies, selection.drainingId) === 0;
      return isIdle ? settle(world, assessments, turn) : stepLatency(world, assessments, turn);
    }
    case 'steady':
      return stepLatency(world, assessments, turn);
    default:
      return assertNever(selection);
  }
}

/** Nothing can serve: the active endpoint keeps the name, all are listed for trial. */
function strand(world: World, assessments: readonly Assessment[], turn: Turn): Step {
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
      sinceAtMs: turn.nowMs,
    },
    switching: {
      ...world.switching,
      lead: { status: 'none' },
      ramp: { status: 'none' },
      standing: { reason: 'nothing_available', sinceAtMs: turn.nowMs },
    },
  };
  const step = recordDecision(next, {
    fromId: selection.activeId,
    toId: fallback,
    reason: 'nothing_available',
    phase: 'switched',
    assessments,
    turn,
  });
  return withNotices(step, [{ code: 'nothing_available' }]);
}

function recover(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const { activeId } = world.selection;
  const next: World = {
    ...world,
    selection: { status: 'steady', activeId, reason: 'recovered', sinceAtMs: turn.nowMs },
    switching: {
      ...world.switching,
      standing: { reason: 'recovered', sinceAtMs: turn.nowMs },
    },
  };
  const step = recordDecision(next, {
    fromId: activeId,
    toId: activeId,
    reason: 'recovered',
    phase: 'switched',
    assessments,
    turn,
  });
  return withNotices(step, [{ code: 'available_again' }]);
}

function settle(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const { selection } = world;
  if (selection.status !== 'draining') return stay(world);
  const { activeId, drainingId, reason, sinceAtMs } = selection;
  return recordDecision(
    { ...world, selection: { status: 'steady', activeId, reason, sinceAtMs } },
    { fromId: drainingId, toId: activeId, reason, phase: 'settled', assessments, turn },
  );
}

function stepPending(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const { selection } = world;
  if (selection.status !== 'pending') return stay(world);
  const { activeId, nextId, reason } = selection;
  const active = assessments.find(({ endpoint }) => endpoint.id === activeId);
  const rival = assessments.find(({ endpoint }) => endpoint.id === nextId);
  const candidate =
    active === undefined || rival === undefined ? undefined : compare(active, rival, turn);
  const isGainGone =
    rival?.isAvailable !== true ||
    (candidate !== undefined && candidate.gain.gainMs < turn.policy.switching.thresholdMs);
  const { mode, paused } = world.wishes;
  const isBarred = mode.kind === 'manual' || paused || world.overloadedEverywhere;
  if (isGainGone || isBarred) {
    const next: World = {
      ...world,
      selection: { status: 'steady', activeId, ...world.switching.standing },
      switching: { ...world.switching, lead: { status: 'none' } },
    };
    const about = { fromId: activeId, toId: nextId, reason, assessments, turn } as const;
    return recordDecision(next, { ...about, phase: 'withdrawn' });
  }
  const isIdle = activeRequestsOf(world.proxies, activeId) === 0;
  if (!isIdle && turn.nowMs < selection.deadlineAtMs) return stay(world);
  const gain = candidate && { ...candidate.gain, confirmations: 0 };
  const trade = weighTrade(
    sessionLoadOf(world.proxies, activeId),
    candidate?.gain.gainMs ?? 0,
    turn.policy.sessions,
  );
  return switchTo(world, { toId: nextId, reason, gain, trade, assessments, turn });
}

function stepLatency(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  if (world.switching.phase.status === 'settling') return stepSettling(world, assessments, turn);
  const candidate = bestCandidate(world, assessments, turn);
  const lead = nextLead(world.switching.lead, candidate, turn.nowMs);
  const led: World =
    lead === world.switching.lead ? world : { ...world, switching: { ...world.switching, lead } };
  const isReady = readiness(led, lead, turn) === 'ready';
  if (!isReady || candidate === undefined || lead.status !== 'leading') return stay(led);
  return begin(led, candidate, { confirmations: lead.confirmations, assessments, turn });
}

interface Begin {
  readonly confirmations: number;
  readonly assessments: readonly Assessment[];
  readonly turn: Turn;
}

/** A latency switch: at once where nothing runs, else it waits for the running requests. */
function begin(world: World, candidate: Candidate, about: Begin): Step {
  const { assessments, turn } = about;
  const { activeId } = world.selection;
  const gain = { ...candidate.gain, confirmations: about.confirmations };
  const trade = weighTrade(
    sessionLoadOf(world.proxies, activeId),
    gain.gainMs,
    turn.policy.sessions,
  );
  const made = { toId: candidate.toId, reason: 'faster', gain, trade, assessments, turn } as const;
  if (trade.verdict === 'skip') {
    const untilAtMs = (turn.nowMs + turn.policy.switching.declineMs) as EpochMs;
    const lead = { status: 'declined', candidateId: candidate.toId, untilAtMs } as const;
    const next: World = { ...world, switching: { ...world.switching, lead } };
    return recordDecision(next, { ...made, fromId: activeId, phase: 'skipped' });
  }
  if (activeRequestsOf(world.proxies, activeId) === 0) return switchTo(world, made);
  const next: World = {
    ...world,
    selection: {
      status: 'pending',
      activeId,
      nextId: candidate.toId,
      reason: 'faster',
      sinceAtMs: turn.nowMs,
      deadlineAtMs: (turn.nowMs + turn.policy.switching.gracefulTimeoutMs) as EpochMs,
    },
  };
  return recordDecision(next, { ...made, fromId: activeId, phase: 'planned' });
}

/** After a start the first good choice is made at once, when all are known or time is up. */
function stepSettling(world: World, assessments: readonly Assessment[], turn: Turn): Step {
  const { phase } = world.switching;
  if (phase.status !== 'settling') return stay(world);
  const isKnown = assessments.every(
    ({ unavailable, endpoint, score }) =>
      unavailable.length > 0 || score.status === 'known' || endpoint.health.status === 'unhealthy',
  );
  const isTimeUp = turn.nowMs - phase.sinceAtMs >= turn.policy.switching.settleMs;
  const best = bestAvailable(assessments);
  if ((!isKnown && !isTimeUp) || best?.score.status !== 'known') return stay(world);
  const settled: World = {
    ...world,
    switching: { ...world.switching, phase: { status: 'settled' } },
  };
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  const candidate = active && compare(active, best, turn);
  const isBetter =
    candidate === undefined
      ? active?.score.status === 'unknown'
      : candidate.gain.gainMs >= turn.policy.switching.thresholdMs;
  const isFree = world.wishes.mode.kind === 'auto' && !world.wishes.paused;
  if (best === active || !isBetter || !isFree) return stay(settled);
  const gain = candidate && { ...candidate.gain, confirmations: 1 };
  return switchTo(settled, {
    toId: best.endpoint.id,
    reason: 'initial',
    gain,
    assessments,
    turn,
  });
}
