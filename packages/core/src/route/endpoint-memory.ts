/**
 * What one proxy remembers of its endpoints besides their ejections: the limits of models,
 * operations that an endpoint does not have, people whose requests failed, and tokens that may be
 * refused. All of it is held against single requests only. Bounded in memory, whatever clients
 * write.
 */
import type { EndpointId } from '@zephyr/contract/scalars';

import type { RoutedRequest } from './journey.ts';
import { KnownByEndpoint, MAX_KNOWN } from './known-by-endpoint.ts';
import {
  afterAnswer,
  afterRefusal,
  afterTurnedAway,
  isLimited,
  isWaitedFor,
  type ModelLimit,
  NO_LIMIT,
  type TurnedAway,
} from './model-limits.ts';
import type { Operation } from './scope.ts';

/** How long the requests of somebody whom no endpoint answered go elsewhere first. */
const FAILED_FOR_MS = 60_000;
/** A relay without an operation is asked for it again after this long, should others fail. */
const LACKS_FOR_MS = 600_000;

export class EndpointMemory {
  /** By model. */
  readonly #limits = new KnownByEndpoint<ModelLimit>(MAX_KNOWN);
  /** By operation: until when it counts as not offered. */
  readonly #lacking = new KnownByEndpoint<number>(MAX_KNOWN);
  /** By source, when it last failed a request that no endpoint answered. */
  readonly #failedSources = new KnownByEndpoint<number>(MAX_KNOWN);
  /** The fingerprint of the one request that found the token refused. */
  readonly #tokenDoubts = new Map<EndpointId, string>();

  forget(id: EndpointId): void {
    for (const known of [this.#limits, this.#lacking, this.#failedSources]) known.forget(id);
    this.#tokenDoubts.delete(id);
  }

  limitOf(id: EndpointId, model: string): ModelLimit {
    return this.#limits.get(id, model) ?? NO_LIMIT;
  }

  isLacking(id: EndpointId, operation: Operation, nowMs: number): boolean {
    return nowMs < (this.#lacking.get(id, operation) ?? 0);
  }

  hasFailedSource(id: EndpointId, source: string, nowMs: number): boolean {
    const atMs = this.#failedSources.get(id, source);
    return atMs !== undefined && nowMs - atMs < FAILED_FOR_MS;
  }

  isWaitedFor(id: EndpointId, { model, source }: RoutedRequest, nowMs: number): boolean {
    return isWaitedFor(this.limitOf(id, model), source, nowMs);
  }

  /** Whether anything of it puts the endpoint behind others for this request. */
  isHeldAgainst(id: EndpointId, request: RoutedRequest, nowMs: number): boolean {
    const limit = this.#limits.get(id, request.model);
    if (limit !== undefined && isLimited(limit, nowMs)) return true;
    return (
      this.isLacking(id, request.operation, nowMs) ||
      this.hasFailedSource(id, request.source, nowMs)
    );
  }

  /** Content arrived: whatever was held against such requests is over. */
  noteAnswer(id: EndpointId, { operation, model, source }: RoutedRequest, nowMs: number): void {
    if (operation !== 'messages') {
      this.#lacking.delete(id, operation);
      return;
    }
    this.#limits.set(id, model, afterAnswer(this.limitOf(id, model), nowMs));
    this.#tokenDoubts.delete(id);
    this.#failedSources.delete(id, source);
  }

  noteTurnedAway(id: EndpointId, model: string, turned: TurnedAway): void {
    this.#limits.set(id, model, afterTurnedAway(this.limitOf(id, model), turned));
  }

  /** The model was refused to a request that another endpoint answered. */
  noteRefusal(id: EndpointId, { model, source }: RoutedRequest, nowMs: number): void {
    this.#limits.set(id, model, afterRefusal(this.limitOf(id, model), source, nowMs));
  }

  noteLacking(id: EndpointId, operation: Operation, nowMs: number): void {
    this.#lacking.set(id, operation, nowMs + LACKS_FOR_MS);
  }

  noteFailedSource(id: EndpointId, source: string, nowMs: number): void {
    this.#failedSources.set(id, source, nowMs);
  }

  /**
   * The token was refused to one request.
   * @returns Whether a second, different request says the same: then it is refused.
   */
  noteTokenDoubt(id: EndpointId, fingerprint: string): boolean {
    const first = this.#tokenDoubts.get(id);
    if (first === undefined) this.#tokenDoubts.set(id, fingerprint);
    return first !== undefined && first !== fingerprint;
  }

  forgetTokenDoubt(id: EndpointId): void {
    this.#tokenDoubts.delete(id);
  }
}
