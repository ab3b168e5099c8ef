/**
 * Whether a failed attempt may be retried. `POST /v1/messages` has no side effect that the client
 * relies on, so a second delivery is safe, but it may be billed twice.
 *
 * | moment of failure                            | retry                          | delivery | budget |
 * |----------------------------------------------|--------------------------------|----------|--------|
 * | name, connect or TLS failed                  | always, at any other endpoint  | no       | no     |
 * | the endpoint does not have the operation     | at any other endpoint          | no       | no     |
 * | an error answer, or no answer                | `maxRetries`                   | yes      | yes    |
 * | a request that is not idempotent             | never once it was sent         |          |        |
 * | the body was not buffered                    | only after a failed connect    |          |        |
 *
 * After the first content byte nothing is retried, because it would mix answers: the attempt has not
 * failed then, and its answer is cut.
 *
 * A request is delivered at most 1 + `maxRetries` times: a connection that died while idle counts
 * like any other, because the endpoint may have read the request.
 */
import { type AttemptPhase, assertNever } from '../types.ts';
import type { Scope } from './failure-scope.ts';

/** The last phase in which a retry is allowed. */
export const RETRY_LIMITS = ['never', 'connect', 'before_headers', 'before_content'] as const;
export type RetryLimit = (typeof RETRY_LIMITS)[number];

export interface RetryInput {
  readonly phase: AttemptPhase;
  readonly scope: Scope;
  readonly isBodyBuffered: boolean;
  /** Sending it twice has the same effect as sending it once. */
  readonly isRepeatable: boolean;
  /** Retries of this request so far that were deliveries. */
  readonly retries: number;
  readonly limit: RetryLimit;
  readonly maxRetries: number;
}

export type RetryDecision =
  | { readonly kind: 'stop'; readonly why: RetryRefusal }
  /** @property isDelivery It counts towards `maxRetries` and against the budget. */
  | { readonly kind: 'retry'; readonly isDelivery: boolean };

export type RetryRefusal = 'body_not_buffered' | 'not_repeatable' | 'not_allowed' | 'retries_spent';

export function decideRetry(input: RetryInput): RetryDecision {
  const { phase, limit } = input;
  if (limit === 'never') return stop('not_allowed');
  if (phase === 'connecting') return { kind: 'retry', isDelivery: false };
  if (!input.isBodyBuffered) return stop('body_not_buffered');
  if (!input.isRepeatable) return stop('not_repeatable');
  if (!isAllowed(limit, phase)) return stop('not_allowed');
  if (input.scope === 'operation') return { kind: 'retry', isDelivery: false };
  if (input.retries >= input.maxRetries) return stop('retries_spent');
  return { kind: 'retry', isDelivery: true };
}

function stop(why: RetryRefusal): RetryDecision {
  return { kind: 'stop', why };
}

function isAllowed(limit: RetryLimit, phase: 'sent' | 'answered'): boolean {
  switch (limit) {
    case 'never':
    case 'connect':
      return false;
    case 'before_headers':
      return phase === 'sent';
    case 'before_content':
      return true;
    default:
      return assertNever(limit);
  }
}
