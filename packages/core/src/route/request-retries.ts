/**
 * Whether one request is retried after a failed attempt, and where.
 *
 * Some retries are free, that is, sent even if the budget is spent: one at an endpoint that has just answered, with
 * no failure since, because it would be refunded anyway; and one after a trial (see `EndpointChoice`), because trials
 * are few, and a request that found out for everybody that an endpoint still fails should not be lost. If neither
 * applies, the request waits up to two seconds for an endpoint that answers, without sending anything, before it is
 * given up.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { AttemptPhase } from '../types.ts';
import { type Operation, scopeOf } from './failure-scope.ts';
import type { Refund, RetryBudget } from './retry-budget.ts';
import {
  decideRetry,
  type RetryDecision,
  type RetryLimit,
  type RetryRefusal,
} from './retry-conditions.ts';
import { type FailedPlace, isWorthStaying } from './retry-same-endpoint.ts';

/** A request without budget looks again this often, so that it soon sees an endpoint that others have found to answer. */
export const RETRY_POLL_MS = 250;
/** Two seconds: enough for the first request at a recovered endpoint to get its first content, mostly. */
export const MAX_RETRY_POLLS = 8;

export interface RequestRetriesInput {
  readonly operation: Operation;
  /** From `[failover]`. */
  readonly failover: { readonly retry: RetryLimit; readonly maxRetries: number };
  readonly body: { readonly isBuffered: boolean };
  readonly budget: RetryBudget;
  readonly caller: string;
}

export interface FailureToRetry {
  readonly phase: AttemptPhase;
  readonly failure: FailureClass;
  /** The wait that the endpoint asked for, if any. */
  readonly retryAfterMs?: number | undefined;
}

/** What is known about the endpoint of the failed attempt, and about where a retry may go. */
export interface RetryPlace extends FailedPlace {
  /** Another endpoint is left to try. */
  readonly hasAlternative: boolean;
  /** The next attempt is free of the budget: see `Router`. */
  readonly isFree: boolean;
}

/**
 * `stay`: retry at the same endpoint after `STAY_PAUSE_MS`. `look_again`: decide again after `RETRY_POLL_MS`,
 * when an endpoint that answers may have been found.
 */
export type NextStep =
  | { readonly kind: 'next_endpoint' | 'stay' | 'look_again' }
  | { readonly kind: 'give_up'; readonly why: RetryRefusal | 'budget_spent' };

export class RequestRetries {
  readonly #input: RequestRetriesInput;
  /** Retries taken from the budget; refunded when the request is answered. */
  readonly #refunds: Refund[] = [];
  #deliveries = 0;
  #hasStayed = false;
  #looks = 0;

  constructor(input: RequestRetriesInput) {
    this.#input = input;
  }

  /** Whether a silent attempt may be followed by another. @param isTrial whether the silent one is a trial */
  hasRetriesLeft(isTrial: boolean, nowMs: number): boolean {
    const { budget, caller } = this.#input;
    const decision = this.#decide('sent', 'first_byte_timeout');
    if (decision.kind === 'stop') return false;
    if (!decision.isDelivery || budget.available(nowMs, caller) >= 1) return true;
    return isTrial && !budget.isOff;
  }

  after(failed: FailureToRetry, place: () => RetryPlace, nowMs: number): NextStep {
    const { budget, caller, operation } = this.#input;
    const { phase, failure, retryAfterMs: waitMs } = failed;
    const decision = this.#decide(phase, failure);
    if (decision.kind === 'stop') return { kind: 'give_up', why: decision.why };
    const knowledge = place();
    const refund = decision.isDelivery ? budget.tryTake(nowMs, caller) : undefined;
    const isSpent = decision.isDelivery && refund === undefined;
    const next = isSpent ? this.#withoutBudget(knowledge) : 'send';
    if (next === 'give_up') return { kind: 'give_up', why: 'budget_spent' };
    if (next === 'look_again') {
      this.#looks += 1;
      return { kind: 'look_again' };
    }
    if (refund !== undefined) this.#refunds.push(refund);
    if (decision.isDelivery) this.#deliveries += 1;
    const stay = { hasStayed: this.#hasStayed, hasRetriesLeft: this.hasRetriesLeft(false, nowMs) };
    const input = { failure, operation, waitMs, ...stay, ...knowledge };
    if (isSpent || !isWorthStaying(input)) return { kind: 'next_endpoint' };
    this.#hasStayed = true;
    return { kind: 'stay' };
  }

  /** There was no endpoint for the last retry, so it was not sent. */
  nobodyLeft(): void {
    this.#refunds.pop()?.();
  }

  /** An endpoint answered: refunds what the retries took from the budget. */
  answered(): void {
    for (const refund of this.#refunds) refund();
  }

  /** What to do with a retry that the budget does not allow. */
  #withoutBudget({ isFree, hasAlternative }: RetryPlace): 'send' | 'look_again' | 'give_up' {
    if (this.#input.budget.isOff) return 'give_up';
    if (isFree) return 'send';
    return hasAlternative && this.#looks < MAX_RETRY_POLLS ? 'look_again' : 'give_up';
  }

  #decide(phase: AttemptPhase, failure: FailureClass): RetryDecision {
    const { operation, failover, body } = this.#input;
    return decideRetry({
      phase,
      scope: scopeOf(failure, operation),
      isBodyBuffered: body.isBuffered,
      isRepeatable: operation !== 'extra',
      retries: this.#deliveries,
      limit: failover.retry,
      maxRetries: failover.maxRetries,
    });
  }
}
