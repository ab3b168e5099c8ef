/** The routing state of one request on its way from endpoint to endpoint. */

import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';

import { type Operation, scopeOf } from './failure-scope.ts';

/** An endpoint as described by the snapshot and the configuration. */
export interface RoutedEndpoint {
  readonly id: EndpointId;
  readonly groupName: string;
  /** From the configuration; 1 is preferred. */
  readonly priority: number;
  /** Whose thinking signatures it accepts; absent if unknown. */
  readonly signatureFamily?: string | undefined;
  readonly enabled: boolean;
  readonly available: boolean;
}

export interface RoutedRequest {
  readonly operation: Operation;
  /** The model and anything else that changes its limits, as sent by the client; empty if unknown. */
  readonly model: string;
  /** Requests of different callers are independent evidence. */
  readonly caller: string;
  /** Identifies the request; the client's retry has the same one. */
  readonly fingerprint: string;
  /** Whose thinking signatures its session has; absent if unknown or none. */
  readonly signatureFamily?: string | undefined;
  /** Looks up one model by id: "not found" says nothing about the list of models. */
  readonly isLookup?: boolean | undefined;
  /** Families that have refused the thinking in this request; overrides what is known of its session. */
  readonly refusedBy?: readonly string[] | undefined;
}

/** Whether the endpoint may refuse the thinking of the request's session. */
export function isForeign(
  { signatureFamily: there }: Pick<RoutedEndpoint, 'signatureFamily'>,
  { signatureFamily, refusedBy }: Pick<RoutedRequest, 'signatureFamily' | 'refusedBy'>,
): boolean {
  if (refusedBy !== undefined) return there !== undefined && refusedBy.includes(there);
  return signatureFamily !== undefined && there !== signatureFamily;
}

export interface Journey {
  /** Replaced once more of the body has been read. */
  request: RoutedRequest;
  readonly tried: Set<EndpointId>;
  failedGroups: ReadonlyMap<string, 'load' | 'fault'>;
  /** Failures without an established cause, oldest first. */
  unexplained: UnexplainedFailure[];
  trial: JourneyTrial;
  /** How often the current endpoint had been ejected when the attempt was sent. */
  ejectionCount: number;
  stale: StaleConnection;
  /** The router's count of forgotten endpoints when the journey began, or last failed at one of them. */
  forgetsBefore: number;
}

/**
 * What the last attempt is for an endpoint that was ejected.
 *
 *     any     --(an admitted endpoint is chosen)-->            none
 *     any     --(an ejected or half-open one is chosen)-->     active
 *     active  --(content, failed or ended: a test)-->          tested
 *     active  --(content, failed or ended: a last resort)-->   none
 *
 * A test was sent to find out whether its endpoint has recovered (see `EndpointChoice`), and is that also
 * for the retry after it: tests are few.
 */
export type JourneyTrial =
  | { readonly status: 'none' }
  /** `trials`: those of the endpoint, of which it is one until it has content. */
  | {
      readonly status: 'active';
      readonly sentAs: 'test' | 'last_resort';
      readonly trials: Trials;
    }
  | { readonly status: 'tested' };

/**
 * Whether an idle connection of an endpoint was dead, which is nobody's fault.
 *
 *     none | repeatable | repeated --(one was dead)-->          repeatable
 *     repeatable --(no other endpoint is left)-->               repeated
 */
export type StaleConnection =
  | { readonly status: 'none' }
  /** `id`: tried once more if no other endpoint is left, then on a fresh connection. */
  | { readonly status: 'repeatable' | 'repeated'; readonly id: EndpointId };

/** The trials of an endpoint since its last ejection that have no content yet. */
export interface Trials {
  active: number;
  /** When the oldest active one began. */
  sinceAtMs: number;
  /** When one of them last failed, with no answer and no evidence from elsewhere since. */
  failedAtMs: number | undefined;
}

/** One failed attempt. */
export interface BlamedAttempt {
  readonly id: EndpointId;
  readonly failure: FailureClass;
}

/** A failed attempt; the rest of the journey shows whose fault it was. */
export interface UnexplainedFailure extends BlamedAttempt {
  readonly groupName: string;
  /** See `Journey`. */
  readonly ejectionCount: number;
}

/** Shared: almost no request needs its own. */
const NO_GROUPS: Journey['failedGroups'] = new Map();
export const NO_TRIAL: JourneyTrial = { status: 'none' };
const TESTED: JourneyTrial = { status: 'tested' };
const NOT_STALE: StaleConnection = { status: 'none' };

export function newJourney(request: RoutedRequest, forgetsBefore: number): Journey {
  return {
    request,
    tried: new Set(),
    failedGroups: NO_GROUPS,
    unexplained: [],
    trial: NO_TRIAL,
    ejectionCount: 0,
    stale: NOT_STALE,
    forgetsBefore,
  };
}

export function activeTrial(
  { isTrial }: { readonly isTrial: boolean },
  trials: Trials,
): JourneyTrial {
  return { status: 'active', sentAs: isTrial ? 'test' : 'last_resort', trials };
}

/** Whether the last attempt was sent to test whether its endpoint has recovered. */
export function isTest({ trial }: Pick<Journey, 'trial'>): boolean {
  return trial.status === 'tested' || (trial.status === 'active' && trial.sentAs === 'test');
}

/** The attempt has content, or will have none: it no longer counts among the trials of its endpoint. */
export function endTrial(journey: Pick<Journey, 'trial'>): void {
  const { trial } = journey;
  if (trial.status !== 'active') return;
  trial.trials.active -= 1;
  journey.trial = trial.sentAs === 'test' ? TESTED : NO_TRIAL;
}

/** The endpoint's idle connection was dead in this journey: if it is tried again, it gets a fresh one. */
export function isStaleAt({ stale }: Pick<Journey, 'stale'>, id: EndpointId): boolean {
  return stale.status !== 'none' && stale.id === id;
}

/** Whether the failure is evidence about a token. */
export function isTokenFailure(failure: FailureClass): boolean {
  return scopeOf(failure, 'messages') === 'token';
}

/** In how many groups, each with its own token, the token was refused. */
export function refusedTokens(failures: readonly UnexplainedFailure[]): number {
  return new Set(
    failures.filter(({ failure }) => isTokenFailure(failure)).map(({ groupName }) => groupName),
  ).size;
}
