/**
 * Which endpoint gets the next attempt. Everything that is known only changes the order; what has
 * failed elsewhere is still asked before a request is given up. Left out are endpoints that an
 * operator disabled, those already asked for this request, and those that named a time for exactly
 * this model to more than one person, or to more than one request of this one.
 */
import type { EndpointId } from '../types.ts';
import { type Ejection, ejectionAt, remainingMs } from './ejection.ts';
import {
  isAnswering,
  isRefused,
  isWaitedFor,
  type ModelLimit,
  namedAt,
  shedShare,
} from './model-limits.ts';

export interface Candidate {
  readonly id: EndpointId;
  readonly groupName: string;
  /** The operator's wish. */
  readonly enabled: boolean;
  /** As the snapshot says. */
  readonly available: boolean;
  readonly ejection: Ejection;
  /** Of the model that is asked for. */
  readonly limit: ModelLimit;
  /** Whether it answered this operation as one that it does not have. */
  readonly lacksOperation: boolean;
  /** Whether it failed a request of the same person a moment ago that no endpoint answered. */
  readonly hasFailedSource: boolean;
  /** Requests that were let in since it is half-open. */
  readonly trials: number;
}

export interface ChoiceInput {
  /** In order of preference. */
  readonly candidates: readonly Candidate[];
  /** Whose request it is. */
  readonly source: string;
  /** Already asked for this request. */
  readonly tried: ReadonlySet<EndpointId>;
  /** Groups of which an endpoint failed this request, and whether it was only too busy. */
  readonly failedGroups: ReadonlyMap<string, 'load' | 'fault'>;
  /** Where the session's prompt cache is; a preference, never a lock. */
  readonly preferredId?: EndpointId | undefined;
  /** The model is overloaded on most endpoints: shedding would only cost prompt caches. */
  readonly overloadedEverywhere: boolean;
  /** 0 ≤ n < 1; decides what is shed. */
  readonly random: number;
  readonly nowMs: number;
}

export type Choice =
  | {
      readonly kind: 'send';
      readonly id: EndpointId;
      /** Another endpoint could be asked after this one. */
      readonly hasAlternative: boolean;
    }
  | { readonly kind: 'none'; readonly why: 'disabled' | 'asked' }
  | {
      readonly kind: 'none';
      /** All that were not asked named a time for this model. */
      readonly why: 'limited';
      /** When the first of them may be asked again, from now. */
      readonly retryAfterMs: number;
    };

/**
 * Smaller is better; the order of preference decides among equals. Each rank is a reason to ask
 * another endpoint first.
 */
const RANKS = {
  open: 0,
  /** It turned away more than half of the recent requests for this model. */
  shed: 2,
  /** It failed this person a moment ago, and no other endpoint answered: perhaps one that was not asked. */
  failed_source: 3,
  /** Its probes fail, or the controller has another reason. */
  unavailable: 4,
  /** As many requests run there as a half-open endpoint gets. */
  half_open_full: 6,
  ejected: 8,
  /** It named a time for this model, to one request. */
  limited: 10,
  refuses_model: 12,
  lacks_operation: 14,
} as const;
/** Added for the endpoints of a group that has failed this request. */
const SIBLING = 1;
const PREFERRED = -0.5;

export function chooseEndpoint(input: ChoiceInput): Choice {
  let best: Candidate | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  let left = 0;
  let enabled = 0;
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const [index, candidate] of input.candidates.entries()) {
    if (!candidate.enabled) continue;
    enabled += 1;
    if (input.tried.has(candidate.id)) continue;
    const { limit } = candidate;
    if (isWaitedFor(limit, input.source, input.nowMs)) {
      soonestMs = Math.min(soonestMs, remainingWaitMs(limit, input.nowMs));
      continue;
    }
    left += 1;
    const rank = rankOf(candidate, index, input);
    if (rank >= bestRank) continue;
    best = candidate;
    bestRank = rank;
  }
  if (best !== undefined) return { kind: 'send', id: best.id, hasAlternative: left > 1 };
  if (enabled === 0) return { kind: 'none', why: 'disabled' };
  if (soonestMs === Number.POSITIVE_INFINITY) return { kind: 'none', why: 'asked' };
  return { kind: 'none', why: 'limited', retryAfterMs: soonestMs };
}

function rankOf(candidate: Candidate, index: number, input: ChoiceInput): number {
  const { nowMs } = input;
  const sibling = isLikelyToFail(candidate, input) ? SIBLING : 0;
  if (candidate.lacksOperation) return RANKS.lacks_operation + sibling;
  const { limit } = candidate;
  if (isRefused(limit, nowMs)) return RANKS.refuses_model + sibling;
  if (namedAt(limit, nowMs).status !== 'none') return RANKS.limited + sibling;
  const ejection = ejectionAt(candidate.ejection, nowMs);
  if (ejection.status === 'ejected') {
    // The one that returns soonest first: a fraction below 1 for each remaining time.
    const remaining = remainingMs(ejection, nowMs);
    return RANKS.ejected + sibling + remaining / (remaining + 60_000);
  }
  if (ejection.status === 'half_open' && candidate.trials >= ejection.width) {
    return RANKS.half_open_full + sibling;
  }
  if (!candidate.available) return RANKS.unavailable + sibling;
  if (candidate.hasFailedSource) return RANKS.failed_source + sibling / 2;
  const preferred = candidate.id === input.preferredId ? PREFERRED : 0;
  const isShed = !input.overloadedEverywhere && isBelow(shedShare(limit, nowMs), index, input);
  return (isShed ? RANKS.shed : RANKS.open) + sibling + preferred;
}

/** A sibling that is busy says little where this one has just answered. */
function isLikelyToFail({ groupName, limit }: Candidate, input: ChoiceInput): boolean {
  const failed = input.failedGroups.get(groupName);
  return failed === 'fault' || (failed === 'load' && !isAnswering(limit, input.nowMs));
}

function remainingWaitMs(limit: ModelLimit, nowMs: number): number {
  const named = namedAt(limit, nowMs);
  return named.status === 'none' ? 0 : named.untilMs - nowMs;
}

/** One random number decides for all candidates, independently enough of each other. */
function isBelow(share: number, index: number, { random }: ChoiceInput): boolean {
  return share > 0 && (random + index * GOLDEN_RATIO) % 1 < share;
}

const GOLDEN_RATIO = 0.618;
