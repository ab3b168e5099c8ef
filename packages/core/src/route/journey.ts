/** One request on its way from endpoint to endpoint, and what routing has to know of it. */
import type { EndpointId, FailureClass } from '../types.ts';
import type { Operation } from './scope.ts';

/** What the snapshot and the configuration say of an endpoint. */
export interface RoutedEndpoint {
  readonly id: EndpointId;
  readonly groupName: string;
  readonly enabled: boolean;
  readonly available: boolean;
}

export interface RoutedRequest {
  readonly operation: Operation;
  /** The model and what else changes its limits, as the client wrote it; empty where unknown. */
  readonly model: string;
  /** Whose it is: requests of different sources are independent evidence. */
  readonly source: string;
  /** Tells requests apart; two sendings of the same request have the same one. */
  readonly fingerprint: string;
}

/** One request on its way from endpoint to endpoint. */
export interface Journey {
  /** May be read more exactly while it is under way. */
  request: RoutedRequest;
  readonly tried: Set<EndpointId>;
  readonly failedGroups: Map<string, 'load' | 'fault'>;
  /** Failures whose blame is open, oldest first. */
  readonly pending: Pending[];
  /** The half-open endpoint that it was let in to. */
  trialId: EndpointId | undefined;
  /** Its idle connection was dead: asked once more where no other endpoint is left. */
  staleId: EndpointId | undefined;
  /** How often endpoints had been forgotten when it began. */
  readonly forgetsBefore: number;
}

/** One failed attempt. */
export interface Failed {
  readonly id: EndpointId;
  readonly failure: FailureClass;
}

/** Whose fault it is, the rest of the journey shows. */
export interface Pending extends Failed {
  readonly groupName: string;
}

export function newJourney(request: RoutedRequest, forgetsBefore: number): Journey {
  return {
    request,
    tried: new Set(),
    failedGroups: new Map(),
    pending: [],
    trialId: undefined,
    staleId: undefined,
    forgetsBefore,
  };
}
