/** What is known from the failed attempts of one request: what its client should see, and when to retry. Pure. */
import type { EndpointId } from '@zephyr/contract/scalars';
import { type EndpointChoice, isLasting, type Operation, scopeOf } from '@zephyr/core';
import type { ErrorName } from '../answer/zephyr-errors.ts';
import type { FailedAttempt } from './attempt-result.ts';

/** Without an answer for the client. */
export type GivenUp =
  | {
      readonly kind: 'failed';
      readonly failed: FailedAttempt;
      /** Until another endpoint may answer, if that is before the wait is over that `failed` names. */
      readonly soonerMs: number | undefined;
    }
  | { readonly kind: 'nobody'; readonly error: ErrorName; readonly retryAfterMs?: number };

type NoChoice = Extract<EndpointChoice, { readonly kind: 'none' }>;

export interface FailedAttempts {
  readonly latest: FailedAttempt;
  /** The one that the client should see. */
  readonly shown: FailedAttempt;
  /** Until each endpoint may answer: the wait that it named last, or 0; infinite if it refuses for good. */
  readonly waitsMs: ReadonlyMap<EndpointId, number>;
}

export function afterFailed(
  known: FailedAttempts | undefined,
  { id, failed, operation }: { id: EndpointId; failed: FailedAttempt; operation: Operation },
): FailedAttempts {
  const isFinal = isLasting(scopeOf(failed.failure, operation));
  const waitMs = isFinal ? Number.POSITIVE_INFINITY : waitMsOf(failed);
  return {
    latest: failed,
    shown: moreTelling(known?.shown, failed, operation),
    waitsMs: new Map([...(known?.waitsMs ?? []), [id, waitMs]]),
  };
}

/** As the client would understand the answer. */
function waitMsOf({ answer, retryAfterMs }: FailedAttempt): number {
  const { 'x-should-retry': shouldRetry } = answer?.headers ?? {};
  return shouldRetry === 'false' ? Number.POSITIVE_INFINITY : (retryAfterMs ?? 0);
}

const ERROR_OF_NONE = { disabled: 'none_enabled', asked: 'all_down' } as const;

/** The result if no attempt was made, because there is no endpoint to try. */
export function nobodyToTry(next: NoChoice): GivenUp {
  if (next.why !== 'limited') return { kind: 'nobody', error: ERROR_OF_NONE[next.why] };
  return { kind: 'nobody', error: 'rate_limited', retryAfterMs: next.retryAfterMs };
}

/** The result after these failures. @param next where one more attempt would go */
export function givenUp({ shown, waitsMs }: FailedAttempts, next: EndpointChoice): GivenUp {
  const failedMs = Math.min(...waitsMs.values());
  const isLimited = next.kind === 'none' && next.why === 'limited';
  // Those that failed will not answer soon, but those that were not tried will.
  if (isLimited && failedMs === Number.POSITIVE_INFINITY) return nobodyToTry(next);
  const untriedMs = isLimited ? next.retryAfterMs : next.kind === 'send' ? 0 : failedMs;
  const soonestMs = Math.min(failedMs, untriedMs);
  const isSooner = soonestMs < waitMsOf(shown);
  return { kind: 'failed', failed: shown, soonerMs: isSooner ? soonestMs : undefined };
}

/** Of two failed attempts of a request, returns the one that is more informative for its client. */
function moreTelling(
  known: FailedAttempt | undefined,
  next: FailedAttempt,
  operation: Operation,
): FailedAttempt {
  if (known === undefined) return next;
  // An endpoint's own answer is more informative than a failed connection.
  const hasAnswer = next.answer !== undefined;
  if (hasAnswer !== (known.answer !== undefined)) return hasAnswer ? next : known;
  // After a lasting refusal the client gives up, although the other endpoint may recover in a moment.
  const isNextLasting = isLasting(scopeOf(next.failure, operation));
  return isNextLasting && !isLasting(scopeOf(known.failure, operation)) ? known : next;
}
