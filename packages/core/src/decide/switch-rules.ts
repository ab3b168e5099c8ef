import type { Policy } from '../policy.ts';
import type { EndpointId, EpochMs, FailureClass, ReasonCode } from '../types.ts';
import { type Assessment, bestAvailable, byRank } from './assessment.ts';
import type { Turn } from './context.ts';
import type { Gain, UnavailableCode } from './decision.ts';
import { endpointOf, type Lead, type World } from './world.ts';

/** What the selection should become, whatever it is waiting for at the moment. */
export type Verdict =
  | { readonly status: 'stay' }
  /** No endpoint can serve. */
  | { readonly status: 'stranded' }
  /** The active endpoint is all there is again, or again good enough after nothing was. */
  | { readonly status: 'recovered' }
  /** At once: the active endpoint cannot serve, or people chose another one. */
  | {
      readonly status: 'must';
      readonly toId: EndpointId;
      readonly reason: ReasonCode;
      readonly failure: FailureClass | undefined;
    };

/**
 * Switches that do not wait. A failure outranks everything; then the pinned endpoint.
 * Two failure switches keep a gap: meanwhile each proxy fails over by itself, request by request.
 */
export function requiredSwitch(
  world: World,
  assessments: readonly Assessment[],
  { nowMs, policy }: Turn,
): Verdict {
  const { selection, wishes, switching } = world;
  const active = assessments.find(({ endpoint }) => endpoint.id === selection.activeId);
  const pinned = pinnedEndpoint(world, assessments);
  if (pinned?.isAvailable === true && pinned !== active) {
    const reason = isReturn(selection.reason) ? 'pinned_recovered' : 'operator_selected';
    return { status: 'must', toId: pinned.endpoint.id, reason, failure: undefined };
  }
  if (active?.isAvailable === true) {
    return selection.reason === 'nothing_available' ? { status: 'recovered' } : { status: 'stay' };
  }
  const best = bestAvailable(assessments);
  if (best === undefined) return { status: 'stranded' };
  const isPinned = wishes.mode.kind === 'manual' && wishes.mode.endpointId === selection.activeId;
  const reason = failureReason(active, isPinned);
  const lastAtMs = switching.failureSwitchAtMs;
  const isTooSoon = lastAtMs !== null && nowMs - lastAtMs < policy.switching.failureGapMs;
  if (isTooSoon && isFailureReason(reason)) return { status: 'stay' };
  return { status: 'must', toId: best.endpoint.id, reason, failure: active?.failure };
}

function pinnedEndpoint(
  { wishes }: World,
  assessments: readonly Assessment[],
): Assessment | undefined {
  if (wishes.mode.kind !== 'manual') return undefined;
  const pinnedId = wishes.mode.endpointId;
  return assessments.find(({ endpoint }) => endpoint.id === pinnedId);
}

/** The pinned endpoint was left because it could not serve, not because people chose anew. */
function isReturn(reason: ReasonCode): boolean {
  return reason === 'pinned_failed' || reason === 'recovered' || isFailureReason(reason);
}

export function isFailureReason(reason: ReasonCode): boolean {
  return (
    reason === 'active_failed' ||
    reason === 'active_ejected' ||
    reason === 'active_token_refused' ||
    reason === 'pinned_failed' ||
    reason === 'nothing_available'
  );
}

const FAILURE_REASONS: Readonly<Record<UnavailableCode, ReasonCode>> = {
  disabled: 'active_disabled',
  token_refused: 'active_token_refused',
  unhealthy: 'active_failed',
  ejected: 'active_ejected',
  cooling_down: 'active_ejected',
};

function failureReason(active: Assessment | undefined, isPinned: boolean): ReasonCode {
  const code = active?.unavailable[0];
  if (code === undefined) return 'active_removed';
  return isPinned && code !== 'disabled' ? 'pinned_failed' : FAILURE_REASONS[code];
}

/** What a latency switch to the best other endpoint would gain; undefined where nobody can say. */
export interface Candidate {
  readonly toId: EndpointId;
  readonly gain: Omit<Gain, 'confirmations'>;
  readonly isEnough: boolean;
  /** Evidence of both endpoints: unchanged means that nothing new was heard. */
  readonly evidence: number;
}

export function bestCandidate(
  world: World,
  assessments: readonly Assessment[],
  turn: Turn,
): Candidate | undefined {
  const active = assessments.find(({ endpoint }) => endpoint.id === world.selection.activeId);
  const rivals = assessments.filter(
    (rival) => rival !== active && rival.isAvailable && rival.isFresh,
  );
  const best = rivals.toSorted(byRank)[0];
  return active === undefined || best === undefined ? undefined : compare(active, best, turn);
}

/** The gain of one switch; undefined where either side has no fresh data: never a reason to move. */
export function compare(active: Assessment, rival: Assessment, turn: Turn): Candidate | undefined {
  const [from, to] = [active.score, rival.score];
  if (from.status === 'unknown' || to.status === 'unknown') return undefined;
  if (!active.isFresh || !rival.isFresh) return undefined;
  const policy = turn.policy.switching;
  const costMs = (score: typeof from) => score.latencyMs + score.liveMs + score.failureMs;
  const gainMs = costMs(from) - costMs(to);
  const standardErrorMs = Math.hypot(from.uncertaintyMs, to.uncertaintyMs);
  const neededMs = Math.max(policy.thresholdMs, policy.confidence * standardErrorMs);
  return {
    toId: rival.endpoint.id,
    gain: { gainMs, neededMs, standardErrorMs },
    isEnough: gainMs >= neededMs,
    evidence: active.endpoint.evidence + rival.endpoint.evidence,
  };
}

/** The lead grows by one with each new evidence that confirms it, and ends with the first doubt. */
export function nextLead(lead: Lead, candidate: Candidate | undefined, nowMs: EpochMs): Lead {
  const isSame = lead.status !== 'none' && lead.candidateId === candidate?.toId;
  const isRival = candidate !== undefined && !isSame;
  if (lead.status === 'declined' && nowMs < lead.untilAtMs && !isRival) return lead;
  if (candidate === undefined || !candidate.isEnough) return { status: 'none' };
  const { toId: candidateId, evidence } = candidate;
  if (!isSame || lead.status !== 'leading') {
    return { status: 'leading', candidateId, confirmations: 1, evidence };
  }
  if (lead.evidence === evidence) return lead;
  return { ...lead, confirmations: lead.confirmations + 1, evidence };
}

/** Why a latency switch is not made although an endpoint leads; `ready`: it is made. */
export type Readiness = 'ready' | 'manual' | 'paused' | 'overloaded' | 'frozen' | 'dwell' | 'lead';

export function readiness(world: World, lead: Lead, { nowMs, policy }: Turn): Readiness {
  const { wishes, switching, overloadedEverywhere } = world;
  if (wishes.mode.kind === 'manual') return 'manual';
  if (wishes.paused) return 'paused';
  if (overloadedEverywhere) return 'overloaded';
  if (switching.freeze.status === 'flapping') return 'frozen';
  const lastAtMs = switching.switchedAtMs;
  if (lastAtMs !== null && nowMs - lastAtMs < dwellMsOf(world, lastAtMs, policy)) return 'dwell';
  const isConfirmed =
    lead.status === 'leading' && lead.confirmations >= policy.switching.confirmations;
  return isConfirmed ? 'ready' : 'lead';
}

/** One that people have waited for since it was chosen is left sooner: its excess is no noise. */
function dwellMsOf(world: World, switchedAtMs: EpochMs, policy: Policy): number {
  const { dwellMs, slowDwellMs } = policy.switching;
  const slowAtMs = endpointOf(world, world.selection.activeId)?.times.slowAtMs ?? null;
  return slowAtMs !== null && slowAtMs > switchedAtMs ? slowDwellMs : dwellMs;
}
