import type { Considered, UnavailableCode } from './decision.ts';
import { liveContradictsProbes } from './live.ts';
import type { Policy } from './policy.ts';
import { activeRequestsOf, type Removal, removalOf } from './presence.ts';
import { type Score, scoreOf } from './score.ts';
import type { EpochMs, FailureClass } from './types.ts';
import type { EndpointState, World } from './world.ts';

/** All that a decision needs to know of an endpoint now; derived, never stored. */
export interface Assessment {
  readonly endpoint: EndpointState;
  /** Why it is not available; empty where it is. */
  readonly unavailable: readonly UnavailableCode[];
  readonly isAvailable: boolean;
  /** The failure that makes it unavailable. */
  readonly failure: FailureClass | undefined;
  readonly removal: Removal;
  readonly score: Score;
  /** Measured lately enough to compare it with others. */
  readonly isFresh: boolean;
  readonly activeRequests: number;
}

/** In the order of preference. */
export function assess(world: World, nowMs: EpochMs, policy: Policy): readonly Assessment[] {
  return world.endpoints.map((endpoint) => {
    const removal = removalOf(world.proxies, endpoint.id, { nowMs, policy: policy.presence });
    const causes = unavailability(world, { endpoint, removal, nowMs, policy });
    const score = scoreOf(endpoint, nowMs, policy);
    return {
      endpoint,
      unavailable: causes.map(({ code }) => code),
      isAvailable: causes.length === 0,
      failure: causes.find(({ failure }) => failure !== undefined)?.failure,
      removal,
      score,
      isFresh:
        score.status === 'known' &&
        nowMs - score.measuredAtMs <= staleAfterMs(world, endpoint, policy),
      activeRequests: activeRequestsOf(world.proxies, endpoint.id),
    };
  });
}

/** Where probes are planned seldom, three of them may be missed before data counts as old. */
function staleAfterMs(world: World, { groupName }: EndpointState, policy: Policy): number {
  const intervalMs = world.groups[groupName]?.intervalMs ?? 0;
  return Math.max(policy.switching.staleAfterMs, 3 * intervalMs);
}

interface Cause {
  readonly code: UnavailableCode;
  readonly failure?: FailureClass;
}

function unavailability(
  world: World,
  about: {
    readonly endpoint: EndpointState;
    readonly removal: Removal;
    readonly nowMs: EpochMs;
    readonly policy: Policy;
  },
): readonly Cause[] {
  const { endpoint, removal, nowMs, policy } = about;
  const { health, tokenAccess } = endpoint;
  const causes: Cause[] = [];
  if (world.wishes.disabled.includes(endpoint.id)) causes.push({ code: 'disabled' });
  if (tokenAccess.status === 'refused') {
    causes.push({ code: 'token_refused', failure: tokenAccess.failure });
  }
  // Probes alone never take out an endpoint that serves people well.
  if (
    health.status === 'unhealthy' &&
    !liveContradictsProbes(endpoint.live, nowMs, policy.health)
  ) {
    causes.push({ code: 'unhealthy', failure: health.failure });
  }
  // When the model is overloaded everywhere, no endpoint is better than another.
  const isEveryones = removal.status === 'cooling_down' && world.overloadedEverywhere;
  if (removal.status !== 'none' && !isEveryones) {
    causes.push({ code: removal.status, failure: removal.failure });
  }
  return causes;
}

export function toConsidered(assessment: Assessment): Considered {
  const { endpoint, unavailable, score, activeRequests } = assessment;
  return { id: endpoint.id, unavailable, score, activeRequests };
}

/**
 * Best first: available before unavailable, then by score; unknown scores come after known ones,
 * and equal ones keep the order of preference.
 */
export function byRank(a: Assessment, b: Assessment): number {
  if (a.isAvailable !== b.isAvailable) return a.isAvailable ? -1 : 1;
  return rankingMs(a.score) - rankingMs(b.score) || 0;
}

function rankingMs(score: Score): number {
  return score.status === 'known' ? score.totalMs : Number.MAX_VALUE;
}

/** The endpoint that would be taken if the active one could not serve. */
export function bestAvailable(assessments: readonly Assessment[]): Assessment | undefined {
  return assessments.filter(({ isAvailable }) => isAvailable).toSorted(byRank)[0];
}
