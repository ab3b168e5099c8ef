/**
 * Whose fault a failure was, once known: what it proves about the endpoint, the token or the model, or only
 * about this request. `failure-scope.ts` says what a failure can be about.
 */

import type { EndpointId } from '@zephyr/contract/scalars';
import type { Blame } from './ejection.ts';
import type { EjectionStore } from './ejection-store.ts';
import type { EndpointMemory } from './endpoint-memory.ts';
import { isAnswer, scopeOf } from './failure-scope.ts';
import type { RoutedRequest, UnexplainedFailure } from './journey.ts';

/**
 * `proven`: another endpoint answered the same request; `open`: none did; `none`: the failure is certainly
 * not the endpoint's.
 */
export type Proof = 'proven' | 'open' | 'none';

type Failed = Omit<UnexplainedFailure, 'groupName'>;

export class Blaming {
  readonly #memory: EndpointMemory;
  readonly #ejections: EjectionStore;

  constructor(memory: EndpointMemory, ejections: EjectionStore) {
    this.#memory = memory;
    this.#ejections = ejections;
  }

  /** The endpoint was unreachable: no other request is needed as proof, so it is ejected immediately. */
  unreachable(failed: Failed, request: RoutedRequest, nowMs: number): void {
    this.#blame(failed, { kind: 'certain' }, request, nowMs);
  }

  settle(failed: UnexplainedFailure, request: RoutedRequest, proof: Proof, nowMs: number): void {
    const { id, failure } = failed;
    const { caller } = request;
    const isAnsweredElsewhere = proof === 'proven';
    if (!isAnsweredElsewhere) this.#memory.noteFailedCaller(id, caller, nowMs);
    switch (scopeOf(failure, request.operation)) {
      case 'endpoint':
        if (isAnsweredElsewhere && !isAnswer(failure)) this.proven(failed, request, nowMs);
        else if (proof !== 'none') {
          this.#blame(failed, { kind: 'request', caller, isAnsweredElsewhere }, request, nowMs);
        }
        return;
      case 'model':
        // If denied everywhere, the request is to blame.
        if (isAnsweredElsewhere) this.#memory.noteModelDenied(id, request, nowMs);
        return;
      case 'token':
        if (proof !== 'none' && this.#memory.noteTokenDoubt(id, request, nowMs)) {
          this.#blame(failed, { kind: 'certain' }, request, nowMs);
        }
        return;
      default:
        return;
    }
  }

  /** If others are served well, this caller's requests go elsewhere first; a second caller is proof. */
  proven(failed: Failed, request: RoutedRequest, nowMs: number): void {
    const { caller } = request;
    const { id } = failed;
    if (this.#memory.isServingOthers(id, caller, nowMs)) {
      this.#memory.noteFailedCaller(id, caller, nowMs);
    }
    this.#blame(failed, { kind: 'proven', caller }, request, nowMs);
  }

  /** Whether another endpoint that serves others well fails this caller too, who may then be to blame. */
  isFailingElsewhere(id: EndpointId, caller: string, nowMs: number): boolean {
    const others = this.#memory.othersThatFail(id, caller, nowMs);
    return others.some((other) => this.#ejections.stateOf(other).status === 'admitted');
  }

  #blame(
    failed: Failed,
    evidence: Blame['evidence'],
    { caller }: RoutedRequest,
    nowMs: number,
  ): void {
    const isAlone = !this.#memory.isServingOthers(failed.id, caller, nowMs);
    const isFailingElsewhere = this.isFailingElsewhere(failed.id, caller, nowMs);
    this.#ejections.blame(failed, { evidence, isAlone, isFailingElsewhere, nowMs });
  }
}
