/** Whether one request is asked again after a failed attempt, and where: the core's rules, applied. */
import type { FailureClass } from '@zephyr/contract/failure';
import {
  decideRetry,
  isWorthStaying,
  type Operation,
  type Refund,
  type RetryBudget,
  type RetryDecision,
  scopeOf,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { DataPathConfig } from '@zephyr/runtime/config/config';
import type { ProxyMetrics } from '../report/metrics.ts';
import type { FailedAttempt } from './attempt.ts';
import type { RequestBody } from './request-body.ts';

export interface RetriesInput {
  readonly operation: Operation;
  readonly failover: Pick<DataPathConfig['failover'], 'retry' | 'maxRetries'>;
  readonly body: Pick<RequestBody, 'isBuffered'>;
  readonly budget: RetryBudget;
  readonly metrics: Pick<ProxyMetrics, 'retries' | 'retriesRefused'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What the attempt that failed knew of its endpoint. */
export interface RetryPlace {
  /** Whether the session's prompt cache is there. */
  readonly isCached: boolean;
  /** What reading the whole prompt may take elsewhere. */
  readonly readingMs: number;
  /** It turned away some requests in a row. */
  readonly isBusy: boolean;
  /** The endpoint that would be asked next turns away clearly fewer. */
  readonly isBetterNext: boolean;
  /** Another one was left to ask after this one. */
  readonly hasAlternative: boolean;
  /** The next attempt needs nothing of the budget: see `Router`. */
  readonly isFree: boolean;
  /** How long it took to fail. */
  readonly failedAfterMs: number;
}

/**
 * `stay`: at the same endpoint, after `STAY_PAUSE_MS`. `look_again`: asked once more after `LOOK_AGAIN_MS`, when
 * an endpoint may have been found that answers.
 */
export type NextStep = 'give_up' | 'next_endpoint' | 'stay' | 'look_again';

export class Retries {
  readonly #input: RetriesInput;
  /** What the budget gave; given back when the request is answered. */
  readonly #refunds: Refund[] = [];
  #deliveries = 0;
  #hasStayed = false;
  #looks = 0;

  constructor(input: RetriesInput) {
    this.#input = input;
  }

  /** Whether silence could be followed by another attempt. @param isTrial of the attempt that is silent */
  areLeft(isTrial: boolean): boolean {
    const { budget, clock } = this.#input;
    const decision = this.#decide('sent', 'first_byte_timeout');
    if (decision.kind === 'stop') return false;
    if (!decision.isDelivery || budget.available(clock.nowMs()) >= 1) return true;
    return isTrial && !budget.isOff;
  }

  after({ phase, failure, retryAfterMs }: FailedAttempt, place: () => RetryPlace): NextStep {
    const { metrics, budget, operation, clock } = this.#input;
    const decision = this.#decide(phase, failure);
    if (decision.kind === 'stop') {
      metrics.retriesRefused.inc({ reason: decision.why });
      return 'give_up';
    }
    const knowledge = place();
    const refund = decision.isDelivery ? budget.tryTake(clock.nowMs()) : undefined;
    const isSpent = decision.isDelivery && refund === undefined;
    const next = isSpent ? budget.whenSpent({ ...knowledge, looks: this.#looks }) : 'send';
    if (next === 'look_again') this.#looks += 1;
    if (next === 'give_up') metrics.retriesRefused.inc({ reason: 'budget_spent' });
    if (next !== 'send') return next;
    if (refund !== undefined) this.#refunds.push(refund);
    if (decision.isDelivery) this.#deliveries += 1;
    metrics.retries.inc({ reason: failure });
    const stay = { hasStayed: this.#hasStayed, areRetriesLeft: this.areLeft(false) };
    const input = { failure, operation, waitMs: retryAfterMs, ...stay, ...knowledge };
    if (isSpent || !isWorthStaying(input)) return 'next_endpoint';
    this.#hasStayed = true;
    return 'stay';
  }

  /** There was no endpoint for the last one: it was not sent. */
  nobodyLeft(): void {
    this.#refunds.pop()?.();
  }

  /** An endpoint answered: what the retries took from the budget was well spent. */
  answered(): void {
    for (const refund of this.#refunds) refund();
  }

  #decide(phase: FailedAttempt['phase'], failure: FailureClass): RetryDecision {
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
