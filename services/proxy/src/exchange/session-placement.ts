/** The preferred endpoint of a request: where its session's prompt cache is, or where new sessions start. */

import type { IncomingMessage } from 'node:http';
import type { TokenUsage } from '@zephyr/contract/probe/probe';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  isForeign,
  type Journey,
  type Operation,
  type RoutedRequest,
  type SessionTable,
  type TimedRequest,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import { modelInHead } from '../answer/usage-at-start.ts';
import type { Routing } from '../routing/routing.ts';
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import { sessionIdIn } from './session-id.ts';

export interface SessionPlacementDeps {
  readonly routing: Routing;
  /** Absent if session affinity is off. */
  readonly sessions: () => SessionTable | undefined;
  readonly clock: Clock;
}

export interface SessionPlacementInput {
  readonly req: IncomingMessage;
  readonly operation: Operation;
  readonly person: string;
}

export class SessionPlacement {
  readonly #deps: SessionPlacementDeps;
  readonly #operation: Operation;
  readonly #person: string;
  /** Person and session, so that nobody can move another person's session by naming it. */
  readonly sessionId: string | undefined;
  /** The session's signature family; undefined: no endpoint is known to reject its thinking. */
  readonly signatureFamily: string | undefined;
  #leftFamily: string | undefined;

  constructor(deps: SessionPlacementDeps, { req, operation, person }: SessionPlacementInput) {
    this.#deps = deps;
    this.#operation = operation;
    this.#person = person;
    const id = hasSession(operation) ? sessionIdIn(req.headers) : undefined;
    // Neither the names of people nor session ids contain a slash.
    this.sessionId = id === undefined || person === ANONYMOUS ? id : `${person}/${id}`;
    const { sessionId } = this;
    this.signatureFamily =
      sessionId === undefined ? undefined : deps.routing.signatureFamilyOf(sessionId);
  }

  /** Set once the request was sent to another family because no endpoint of its own is available. */
  get leftFamily(): string | undefined {
    return this.#leftFamily;
  }

  noteAsked(endpoint: UpstreamEndpoint, request: RoutedRequest): void {
    // If its own family refuses it, the recorded family was wrong.
    if (request.refusedBy !== undefined) this.#leftFamily = undefined;
    else if (isForeign(endpoint, request)) this.#leftFamily = this.signatureFamily;
  }

  noteAnswered(endpointId: EndpointId): void {
    if (this.sessionId === undefined || this.#operation !== 'messages') return;
    this.#deps.routing.noteAnswered(this.sessionId, endpointId);
  }

  /** @param model that the endpoint must serve; empty: any */
  preferredId(journey: Journey, model: string): EndpointId | undefined {
    const session = this.sessionId;
    return this.#placeId() ?? this.#deps.routing.newPlace(journey, { session, model });
  }

  /** Whether this endpoint holds the prompt cache of the request's session. */
  isCachedAt(endpointId: EndpointId): boolean {
    return this.#placeId() === endpointId;
  }

  /** Where the session starts if the preferred endpoint answers late: see core. */
  explore(
    journey: Journey,
    about: TimedRequest & { readonly model: string },
  ): EndpointId | undefined {
    const { routing, clock } = this.#deps;
    const session = this.sessionId;
    if (this.#operation !== 'messages' || session === undefined) return undefined;
    const sessions = this.#deps.sessions();
    if (sessions === undefined) return undefined;
    const generationOf = (endpointId: EndpointId): number => routing.generationOf(endpointId);
    if (sessions.hasCache(session, generationOf, clock.nowMs())) return undefined;
    const preferredId = this.preferredId(journey, about.model);
    return routing.explore(journey, preferredId, { ...about, session });
  }

  #placeId(): EndpointId | undefined {
    const { sessions, routing, clock } = this.#deps;
    if (this.sessionId === undefined) return undefined;
    const generationOf = (endpointId: EndpointId): number => routing.generationOf(endpointId);
    return sessions()?.placeOf(this.sessionId, generationOf, clock.nowMs());
  }

  /**
   * A token count follows its session but does not place it.
   * @param elsewhereMs see `FirstContent`
   */
  noteContent(endpointId: EndpointId, ttftMs: number, elsewhereMs: number | undefined): void {
    if (this.sessionId === undefined || this.#operation !== 'messages') return;
    const { sessions, routing, clock } = this.#deps;
    sessions()?.noteContent(this.sessionId, {
      endpointId,
      generation: routing.generationOf(endpointId),
      person: this.#person,
      ttftMs,
      elsewhereMs,
      nowMs: clock.nowMs(),
    });
  }

  /** @param head start of the answer, which names the model */
  noteUsage(usage: TokenUsage, head: string): void {
    if (this.sessionId === undefined || this.#operation !== 'messages') return;
    this.#deps.sessions()?.noteUsage(this.sessionId, usage, modelInHead(head));
  }
}

function hasSession(operation: Operation): boolean {
  return operation === 'messages' || operation === 'count_tokens';
}
