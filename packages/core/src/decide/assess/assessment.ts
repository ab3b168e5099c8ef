import type { Considered, UnavailableCode } from '@zephyr/contract/decide/decision';
import { rankingMs } from '@zephyr/contract/decide/ranking';
import type { Score } from '@zephyr/contract/decide/score';
import type { FailureClass } from '@zephyr/contract/failure';
import type { EjectionState } from '@zephyr/contract/route/ejection';
import type { EpochMs } from '@zephyr/contract/scalars';
import { causeOf } from '../../failure-table.ts';
import { isContradictedByLive, type LiveSuccessPolicy } from '../../learn/live-success.ts';
import { type ScoreTables, scoreOf } from '../../learn/score.ts';
import { own } from '../../own-property.ts';
import { isContradicted, type RecoveryPolicy } from '../world/ejection-recovery.ts';
import {
  activeRequestsOf,
  ejectionStateOf,
  halfOpenOrAdmitted,
  type PresencePolicy,
  type Presences,
} from '../world/presence.ts';
import { type EndpointState, styleOffsetMsOf, type World } from '../world/world.ts';

/** In `switching` of the policy. */
export interface FreshnessPolicy {
  /** Data older than both this and three probe intervals never justifies a latency switch. */
  readonly staleAfterMs: number;
}

export const FRESHNESS_NUMBERS: FreshnessPolicy = { staleAfterMs: 300_000 };

/** The tables of the policy that an assessment depends on. */
interface AssessmentTables extends ScoreTables {
  readonly health: LiveSuccessPolicy;
  readonly presence: PresencePolicy & RecoveryPolicy;
  readonly switching: FreshnessPolicy;
}

/** One endpoint's inputs to a decision now; derived, never stored. */
export interface Assessment {
  readonly endpoint: EndpointState;
  /** Why it is unavailable; empty if it is available. */
  readonly unavailable: readonly UnavailableCode[];
  readonly isAvailable: boolean;
  /** The failure that makes it unavailable. */
  readonly failure: FailureClass | undefined;
  readonly ejection: EjectionState;
  readonly score: Score;
  /** Measured recently enough for comparison with others. */
  readonly isFresh: boolean;
  readonly activeRequests: number;
}

/** In order of preference. */
export function assess(
  world: World,
  epochMs: EpochMs,
  policy: AssessmentTables,
): readonly Assessment[] {
  const now: Now = { epochMs, policy, styleOffsetMs: styleOffsetMsOf(world) };
  const assessments = world.endpoints.map((endpoint) => assessOne(world, endpoint, now));
  return assessments.some(({ isAvailable }) => isAvailable)
    ? assessments
    : assessments.map((assessment) =>
        isRecovering(assessment) ? asAvailable(assessment) : assessment,
      );
}

/**
 * Damping requires several passed probes if there is another choice. If there is none, one is enough: an
 * endpoint that has just answered is better than none.
 */
function isRecovering({ endpoint: { health }, unavailable }: Assessment): boolean {
  const isOnlyUnhealthy = unavailable.length === 1 && unavailable[0] === 'unhealthy';
  return isOnlyUnhealthy && health.status === 'unhealthy' && health.passStreak > 0;
}

function asAvailable(assessment: Assessment): Assessment {
  return { ...assessment, unavailable: [], isAvailable: true, failure: undefined };
}

/** The inputs that are the same for all endpoints at one moment. */
interface Now {
  readonly epochMs: EpochMs;
  readonly policy: AssessmentTables;
  readonly styleOffsetMs: number;
}

function assessOne(
  world: World,
  endpoint: EndpointState,
  { epochMs, policy, styleOffsetMs }: Now,
): Assessment {
  const ejection = currentEjection(world.proxies, endpoint, { epochMs, policy });
  const causes = unavailability(world, { endpoint, ejection, epochMs, policy });
  const score = scoreOf(endpoint, epochMs, policy, styleOffsetMs);
  return {
    endpoint,
    unavailable: causes.map(({ code }) => code),
    isAvailable: causes.length === 0,
    failure: causes.find(({ failure }) => failure !== undefined)?.failure,
    ejection,
    score,
    isFresh:
      score.status === 'known' &&
      epochMs - score.measuredAtMs <= staleAfterMs(world, endpoint, policy),
    activeRequests: activeRequestsOf(world.proxies, endpoint.id),
  };
}

/** The proxies' votes, unless later evidence shows that the endpoint works. */
function currentEjection(
  presences: Presences,
  { id, recovery }: EndpointState,
  { epochMs, policy }: { readonly epochMs: EpochMs; readonly policy: AssessmentTables },
): EjectionState {
  const when = { epochMs, policy: policy.presence };
  return isContradicted(recovery, { id, presences, ...when })
    ? halfOpenOrAdmitted(presences, id)
    : ejectionStateOf(presences, id, when);
}

/** If probes are rare, three may be missed before data counts as stale. */
function staleAfterMs(
  world: World,
  { groupName }: EndpointState,
  policy: AssessmentTables,
): number {
  const intervalMs = own(world.groups, groupName)?.intervalMs ?? 0;
  return Math.max(policy.switching.staleAfterMs, 3 * intervalMs);
}

interface Unavailability {
  readonly code: UnavailableCode;
  readonly failure?: FailureClass;
}

function unavailability(
  world: World,
  about: {
    readonly endpoint: EndpointState;
    readonly ejection: EjectionState;
    readonly epochMs: EpochMs;
    readonly policy: AssessmentTables;
  },
): readonly Unavailability[] {
  const { endpoint, ejection, epochMs, policy } = about;
  const { health, tokenAccess } = endpoint;
  const causes: Unavailability[] = [];
  if (world.wishes.disabled.includes(endpoint.id)) causes.push({ code: 'disabled' });
  if (tokenAccess.status === 'refused') {
    causes.push({ code: 'token_refused', failure: tokenAccess.failure });
  }
  // Probes alone never remove an endpoint that serves people well.
  if (
    health.status === 'unhealthy' &&
    !isContradictedByLive(endpoint.live, epochMs, policy.health)
  ) {
    causes.push({ code: 'unhealthy', failure: health.failure });
  }
  if (ejection.status === 'ejected') {
    const { failure } = ejection;
    const code = causeOf(failure) === 'overload' ? 'cooling_down' : 'ejected';
    // If the model is overloaded everywhere, no endpoint is better than another.
    const isOverloadOfAll = code === 'cooling_down' && world.isOverloadedEverywhere;
    if (!isOverloadOfAll) causes.push({ code, failure });
  }
  return causes;
}

export function toConsidered(assessment: Assessment): Considered {
  const { endpoint, unavailable, score, activeRequests } = assessment;
  return { id: endpoint.id, unavailable, score, activeRequests };
}

/**
 * Best first: by how likely an endpoint is to answer, then by score. Unknown scores come after known
 * ones, better priority or price first; ties keep the order of the list.
 */
export function byRank(a: Assessment, b: Assessment): number {
  return (
    unlikelihood(a) - unlikelihood(b) ||
    rankingMs(a.score) - rankingMs(b.score) ||
    a.endpoint.preferenceMs - b.endpoint.preferenceMs
  );
}

/** How unlikely it is to answer; 0: available. */
export function unlikelihood({ isAvailable, unavailable, endpoint }: Assessment): number {
  if (isAvailable) return 0;
  if (unavailable.includes('disabled')) return 5;
  // No request with this token will be answered until a person acts.
  if (unavailable.includes('token_refused')) return 4;
  // Ejected because of a few requests at proxies, while probes pass.
  if (!unavailable.includes('unhealthy')) return 1;
  return endpoint.health.status === 'unhealthy' && endpoint.health.passStreak > 0 ? 2 : 3;
}

/** The endpoint that would be selected if the active one could not serve. */
export function bestAvailable(assessments: readonly Assessment[]): Assessment | undefined {
  return assessments.filter(({ isAvailable }) => isAvailable).toSorted(byRank)[0];
}
