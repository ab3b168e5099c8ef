/** One request on its way from endpoint to endpoint, as far as routing is concerned. */

import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';

import { type Operation, scopeOf } from './failure-scope.ts';

/** An endpoint by the snapshot and the configuration. */
export interface RoutedEndpoint {
  readonly id: EndpointId;
  readonly groupName: string;
  /** Of the configuration; 1 is preferred. */
  readonly priority: number;
  /** Whose thinking signatures it takes; absent: not known. */
  readonly family?: string | undefined;
  readonly enabled: boolean;
  readonly available: boolean;
}

export interface RoutedRequest {
  readonly operation: Operation;
  /**
   * The model and whatever else changes its limits, as the client wrote it; empty where unknown.
   */
  readonly model: string;
  /** Whose request it is: requests of different sources are independent evidence. */
  readonly source: string;
  /** Identifies the request; a client's retry of it has the same one. */
  readonly fingerprint: string;
  /** Whose thinking signatures its session has; absent: not known, or none. */
  readonly family?: string | undefined;
  /** Of one model by its id: that it is not found says nothing about the list of models. */
  readonly isLookup?: boolean | undefined;
  /** Families that have refused the thinking in this request, whatever was known of its session. */
  readonly refusedBy?: readonly string[] | undefined;
}

/** Whether the endpoint may refuse the thinking of the request's session. */
export function isForeign(
  { family: there }: Pick<RoutedEndpoint, 'family'>,
  { family, refusedBy }: Pick<RoutedRequest, 'family' | 'refusedBy'>,
): boolean {
  if (refusedBy !== undefined) return there !== undefined && refusedBy.includes(there);
  return family !== undefined && there !== family;
}

export interface Journey {
  /** Replaced when the body has been read further. */
  request: RoutedRequest;
  readonly tried: Set<EndpointId>;
  failedGroups: ReadonlyMap<string, 'load' | 'fault'>;
  /** Failures that are not blamed on anything yet, oldest first. */
  pending: Pending[];
  /** Where it is a trial of an endpoint that is out or half-open, until it has content. */
  trial: Trial | undefined;
  /** Whether the last attempt was spent to find out if its endpoint is well again: see `Choice`. */
  isTrial: boolean;
  /** How often the endpoint that is asked had been ejected when it was asked. */
  phase: number;
  /** The endpoint whose idle connection was dead: asked once more where no other is left. */
  staleId: EndpointId | undefined;
  /** The router's count of forgotten endpoints when it began, or last failed at one of them. */
  forgetsBefore: number;
}

/** The trials of an endpoint since it was last ejected, as far as they have no content yet. */
export interface Trial {
  running: number;
  /** When the first of those that run began. */
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
export interface Pending extends BlamedAttempt {
  readonly groupName: string;
  /** See `Journey`. */
  readonly phase: number;
}

/** Nearly no request needs a map of its own. */
const NO_GROUPS: Journey['failedGroups'] = new Map();

export function newJourney(request: RoutedRequest, forgetsBefore: number): Journey {
  return {
    request,
    tried: new Set(),
    failedGroups: NO_GROUPS,
    pending: [],
    trial: undefined,
    isTrial: false,
    phase: 0,
    staleId: undefined,
    forgetsBefore,
  };
}

/** Whether it is evidence about a token. */
export function isToken(failure: FailureClass): boolean {
  return scopeOf(failure, 'messages') === 'token';
}

/** Of how many groups, each with a token of its own. */
export function refusedTokens(pending: readonly Pending[]): number {
  return new Set(
    pending.filter(({ failure }) => isToken(failure)).map(({ groupName }) => groupName),
  ).size;
}
