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
  /** Set while the attempt is a trial of an ejected or half-open endpoint, until it has content. */
  trial: Trial | undefined;
  /** Whether the last attempt was sent to test whether its endpoint has recovered: see `EndpointChoice`. */
  isTrial: boolean;
  /** How often the current endpoint had been ejected when the attempt was sent. */
  ejectionCount: number;
  /** The endpoint whose idle connection was dead: tried once more if no other is left. */
  staleId: EndpointId | undefined;
  /** The router's count of forgotten endpoints when the journey began, or last failed at one of them. */
  forgetsBefore: number;
}

/** The trials of an endpoint since its last ejection that have no content yet. */
export interface Trial {
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

/** Shared: almost no request needs its own map. */
const NO_GROUPS: Journey['failedGroups'] = new Map();

export function newJourney(request: RoutedRequest, forgetsBefore: number): Journey {
  return {
    request,
    tried: new Set(),
    failedGroups: NO_GROUPS,
    unexplained: [],
    trial: undefined,
    isTrial: false,
    ejectionCount: 0,
    staleId: undefined,
    forgetsBefore,
  };
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
