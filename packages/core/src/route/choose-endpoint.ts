/**
 * Which endpoint gets the next attempt. Knowledge about endpoints only changes their order: even the least
 * promising one is tried before a request is given up. Only three kinds are excluded: those disabled by an
 * operator, those already tried for this request, and those whose requested wait for this model applies to
 * this caller (see `isWaitedFor`).
 */
import type { EndpointId } from '@zephyr/contract/scalars';

import { type Ejection, ejectionAt, isInTrialGap } from './ejection.ts';
import { isCut } from './failure-scope.ts';
import {
  isAnswering,
  isBusy,
  isModelDenied,
  isWaitedFor,
  type ModelLimit,
  namedAt,
  shedShare,
} from './throttling.ts';

export interface Candidate {
  readonly id: EndpointId;
  readonly groupName: string;
  /** Set by the operator. */
  readonly enabled: boolean;
  /** From the snapshot. */
  readonly available: boolean;
  /** Its family differs from that of the session's thinking signatures. */
  readonly isForeign: boolean;
  readonly ejection: Ejection;
  /** For the requested model. */
  readonly limit: ModelLimit;
  /** It does not offer this operation. */
  readonly isLackingOperation: boolean;
  /** It recently failed a request of the same caller that no endpoint answered. */
  readonly hasFailedCaller: boolean;
  /** Active requests that are trials of the half-open endpoint. */
  readonly trials: number;
  /** When a trial last failed, with no good sign since. */
  readonly trialFailedAtMs: number | undefined;
  /** How long the oldest trial has been without content. */
  readonly silentForMs: number;
  /**
   * When it last failed, if it has failed several in a row for reasons other than load and is expected to
   * fail this one too; otherwise undefined.
   */
  readonly failingAtMs: number | undefined;
}

export interface ChoiceInput {
  /** In order of preference. */
  readonly candidates: readonly Candidate[];
  /** Whose request it is. */
  readonly caller: string;
  /** Already tried for this request. */
  readonly tried: ReadonlySet<EndpointId>;
  /** Groups with an endpoint that failed this request, because of load or a fault. */
  readonly failedGroups: ReadonlyMap<string, 'load' | 'fault'>;
  /** Where the session's prompt cache is; a preference, never a lock. */
  readonly preferredId?: EndpointId | undefined;
  /** The model is overloaded on most endpoints, so shedding would only cost prompt caches. */
  readonly isOverloadedEverywhere: boolean;
  /** 0 ≤ n < 1; decides which requests are shed. */
  readonly random: number;
  readonly nowMs: number;
}

export type EndpointChoice =
  | {
      readonly kind: 'send';
      readonly id: EndpointId;
      /** Another endpoint is left to try after this one. */
      readonly hasAlternative: boolean;
      /**
       * The request tests whether the endpoint has recovered: it is half-open, or replaces one that is
       * expected to fail. Such requests are few, and none is sent within a second of a failed one.
       */
      readonly isTrial: boolean;
    }
  | { readonly kind: 'none'; readonly why: 'disabled' | 'asked' }
  | {
      readonly kind: 'none';
      /** Every remaining endpoint asked to wait for this model. */
      readonly why: 'limited';
      /** The shortest of these waits, from now. */
      readonly retryAfterMs: number;
    };

/** Reasons to try another endpoint first; smaller is better, and preference breaks ties. */
const RANKS = {
  open: 0,
  /** Half-open, for a request that has already failed elsewhere and so is no clean trial. */
  half_open_for_retry: 1.6,
  /** It turned away many recent requests for this model; this request is shed. */
  shed: 2,
  /**
   * It recently failed a request of this caller that no endpoint answered. One that was not tried then might
   * answer, or else one that has just answered another caller.
   */
  failed_caller: 3,
  /**
   * It refused a connection, but not within the last second. Trying it is free: if it still refuses, nothing
   * was sent, and the next endpoint is tried without using the retry budget.
   */
  refused_connection: 4,
  /** Half-open, and a trial has just failed. */
  half_open_resting: 5,
  /** According to the snapshot: its probes fail, or the controller has another reason. */
  unavailable: 6,
  /** Half-open, with the maximum number of trials. */
  half_open_full: 8,
  /** It asked another request to wait for this model, which may have been that request's own fault. */
  limited: 8.8,
  ejected: 10,
  /** It cuts answers, and a cut answer is lost: no other endpoint can be tried after it. */
  ejected_for_cuts: 12,
  ejected_and_limited: 14,
  denies_model: 16,
  lacks_operation: 18,
} as const;
/** Added for endpoints of a group that failed this request. */
const SIBLING = 1;
const PREFERRED = -0.5;
/** Added for endpoints of another signature family: after all serving ones of the session's own family. */
const FOREIGN = 5;

export function chooseEndpoint(input: ChoiceInput): EndpointChoice {
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
    if (isWaitedFor(limit, input.caller, input.nowMs)) {
      soonestMs = Math.min(soonestMs, remainingWaitMs(limit, input.nowMs));
      continue;
    }
    left += 1;
    const rank = rankOf(candidate, index, input) + (candidate.isForeign ? FOREIGN : 0);
    if (rank >= bestRank) continue;
    best = candidate;
    bestRank = rank;
  }
  if (best !== undefined) {
    const { id, isTrial } = insteadOfFailure(best, input);
    return { kind: 'send', id, hasAlternative: left > 1, isTrial };
  }
  if (enabled === 0) return { kind: 'none', why: 'disabled' };
  if (soonestMs === Number.POSITIVE_INFINITY) return { kind: 'none', why: 'asked' };
  return { kind: 'none', why: 'limited', retryAfterMs: soonestMs };
}

/**
 * If the best endpoint is expected to fail, one request at a time tries the one whose last failure is the
 * oldest: it may have recovered. Without this no request would find out while the retry budget is spent,
 * because each is then sent only once. Once it answers, all requests go there.
 */
function insteadOfFailure(best: Candidate, input: ChoiceInput) {
  const { nowMs } = input;
  let chosen = best;
  let chosenAtMs = expectedToFailAtMs(best, nowMs);
  const isBestOnTrial = isOnTrial(best, nowMs);
  if (chosenAtMs === undefined) return { id: best.id, isTrial: isBestOnTrial };
  for (const candidate of input.candidates) {
    if (!canServe(candidate, input) || (candidate.isForeign && !best.isForeign)) continue;
    if (isWellAgain(candidate, nowMs)) {
      return { id: candidate.id, isTrial: isOnTrial(candidate, nowMs) };
    }
    const failedAtMs = lastFailedAtMs(candidate, nowMs);
    const isDue = candidate.trials === 0 && nowMs - failedAtMs >= CONNECTION_REFUSED_FOR_MS;
    if (!isDue || failedAtMs >= chosenAtMs) continue;
    chosen = candidate;
    chosenAtMs = failedAtMs;
  }
  return { id: chosen.id, isTrial: chosen !== best || isBestOnTrial };
}

/** Half-open with room for one more trial, and none has just failed. */
function isOnTrial(candidate: Candidate, nowMs: number): boolean {
  const ejection = ejectionAt(candidate.ejection, nowMs);
  if (ejection.status !== 'half_open') return false;
  return candidate.trials < ejection.width && !isInTrialGap(candidate.trialFailedAtMs, nowMs);
}

function canServe(candidate: Candidate, { tried, nowMs }: ChoiceInput): boolean {
  const { id, enabled } = candidate;
  return enabled && !tried.has(id) && rankOfLimits(candidate, nowMs) === undefined;
}

/** First content is proof enough, unless answers were cut: then it takes a complete answer. */
function isWellAgain(candidate: Candidate, nowMs: number): boolean {
  const { limit, failingAtMs, silentForMs } = candidate;
  const ejection = ejectionAt(candidate.ejection, nowMs);
  if (ejection.status === 'ejected' && isCut(ejection.failure)) return false;
  return isAnswering(limit, nowMs) && failingAtMs === undefined && silentForMs < SILENT_MS;
}

/** When it last failed, if the next request is likely to fail too; otherwise undefined. */
function expectedToFailAtMs({ limit, failingAtMs }: Candidate, nowMs: number): number | undefined {
  return isBusy(limit, nowMs) ? Math.max(limit.atMs, failingAtMs ?? 0) : failingAtMs;
}

/** 0 if no failure is known. */
function lastFailedAtMs(candidate: Candidate, nowMs: number): number {
  const { ejection } = candidate;
  const ejectedAtMs = ejection.status === 'ejected' ? ejection.failedAtMs : 0;
  const trialAtMs = candidate.trialFailedAtMs ?? 0;
  return Math.max(ejectedAtMs, trialAtMs, expectedToFailAtMs(candidate, nowMs) ?? 0);
}

/** The rank of an endpoint that does not serve this request, regardless of health; undefined if it may. */
function rankOfLimits({ isLackingOperation, limit }: Candidate, nowMs: number): number | undefined {
  if (isLackingOperation) return RANKS.lacks_operation;
  if (isModelDenied(limit, nowMs)) return RANKS.denies_model;
  return namedAt(limit, nowMs).status === 'none' ? undefined : RANKS.limited;
}

function rankOf(candidate: Candidate, index: number, input: ChoiceInput): number {
  const { nowMs } = input;
  const sibling = isLikelyToFail(candidate, input) ? SIBLING : 0;
  const { limit } = candidate;
  const ejection = ejectionAt(candidate.ejection, nowMs);
  const limits = rankOfLimits(candidate, nowMs);
  if (limits === RANKS.limited && ejection.status === 'ejected') {
    return RANKS.ejected_and_limited + sibling;
  }
  if (limits !== undefined) return limits + sibling;
  const out = rankOfEjection(ejection, candidate, nowMs);
  if (out !== undefined) return out + sibling;
  if (!candidate.available) return RANKS.unavailable + sibling;
  if (candidate.hasFailedCaller) {
    return RANKS.failed_caller + sibling / 2 - (isAnswering(limit, nowMs) ? BUSY : 0);
  }
  const preferred = candidate.id === input.preferredId ? PREFERRED : 0;
  const isTrialOfRetry = ejection.status === 'half_open' && input.tried.size > 0;
  if (isTrialOfRetry) return RANKS.half_open_for_retry + sibling / 4;
  const isShed = !input.isOverloadedEverywhere && isBelow(shedShare(limit, nowMs), index, input);
  return (isShed ? RANKS.shed : RANKS.open) + sibling + preferred;
}

/** The rank of an endpoint that is ejected or may get no trial now; undefined otherwise. */
function rankOfEjection(
  ejection: Ejection,
  candidate: Candidate,
  nowMs: number,
): number | undefined {
  if (ejection.status === 'ejected') return rankOfEjected(ejection, candidate, nowMs);
  if (ejection.status === 'admitted') return undefined;
  if (candidate.trials >= ejection.width) return RANKS.half_open_full;
  // Once it has answered, a failure may be the request's fault.
  const isResting = ejection.width === 1 && isInTrialGap(candidate.trialFailedAtMs, nowMs);
  return isResting ? RANKS.half_open_resting : undefined;
}

/**
 * The endpoint with the oldest failure comes first: the others have just shown that they still fail.
 * If it is silent to the first trials, the others are tried.
 */
function rankOfEjected(
  ejection: Extract<Ejection, { status: 'ejected' }>,
  { silentForMs }: Candidate,
  nowMs: number,
): number {
  const { failure, failedAtMs, lastFailure } = ejection;
  const sinceMs = Math.max(0, nowMs - failedAtMs);
  const isSilent = silentForMs >= SILENT_MS;
  const canBeListening =
    lastFailure === 'connection_refused' && sinceMs >= CONNECTION_REFUSED_FOR_MS && !isSilent;
  if (canBeListening) return RANKS.refused_connection;
  const base = isCut(failure) ? RANKS.ejected_for_cuts : RANKS.ejected;
  const freshness = LONG_AGO_MS / (LONG_AGO_MS + sinceMs);
  return base + (isSilent ? BUSY : 0) + freshness * BUSY;
}

/** Less than `SIBLING`. */
const BUSY = 0.49;
const LONG_AGO_MS = 10_000;
/** Not immediately: if it recovers while the retry budget is spent, all requests should go there. */
const SILENT_MS = 1_000;
/** How long after a refused connection the next one is expected to be refused too. */
const CONNECTION_REFUSED_FOR_MS = 1_000;

/** A busy sibling means little if this endpoint has just answered. */
function isLikelyToFail({ groupName, limit }: Candidate, input: ChoiceInput): boolean {
  const failed = input.failedGroups.get(groupName);
  return failed === 'fault' || (failed === 'load' && !isAnswering(limit, input.nowMs));
}

function remainingWaitMs(limit: ModelLimit, nowMs: number): number {
  const named = namedAt(limit, nowMs);
  return named.status === 'none' ? 0 : named.untilAtMs - nowMs;
}

/** Derives nearly independent shedding decisions for all candidates from one random number. */
function isBelow(share: number, index: number, { random }: ChoiceInput): boolean {
  return share > 0 && (random + index * GOLDEN_RATIO) % 1 < share;
}

const GOLDEN_RATIO = 0.618;
