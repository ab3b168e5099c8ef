/** The facts about a finished request that the usage ledger needs. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { AnswerUsage, RequestAttempt, RequestOutcome } from '@zephyr/contract/usage/usage';
import { isBillable } from '@zephyr/core';
import { requestIdOf } from '../answer/buffered-answer.ts';
import type { FinishedRequest } from '../usage/accounting.ts';
import type { AnsweredRequest, AttemptLoop } from './attempt-loop.ts';
import type { ExchangeContext } from './exchange-context.ts';

/** An answer that reached the client at least in part. */
export interface GivenAnswer {
  readonly answered: AnsweredRequest;
  /** From the request to its first content; undefined if it has none. */
  readonly ttftMs: number | undefined;
  /** As far as the answer reported its tokens. */
  readonly usage: AnswerUsage | undefined;
  /** Why the answer was not whole; undefined if it was, or if the client went away. */
  readonly failure: FailureClass | undefined;
}

export interface EndedExchange {
  readonly outcome: RequestOutcome;
  readonly durationMs: number;
  /** Undefined if no endpoint was tried. */
  readonly trying: AttemptLoop | undefined;
  readonly given: GivenAnswer | undefined;
}

/** Call it before `trying` is aborted. */
export function finishedRequestOf(
  { requestId, input, placement }: ExchangeContext,
  ended: EndedExchange,
): FinishedRequest {
  const { outcome, durationMs, trying, given } = ended;
  const attempts = attemptsOf(ended);
  const last = attempts.at(-1);
  const isUnnamed =
    given === undefined
      ? last?.isBillable === true
      : given.answered.kind === 'committed' && given.usage === undefined;
  return {
    id: requestId,
    person: input.person,
    operation: input.operation,
    model: trying?.models.requested ?? '',
    answeredModel: trying?.models.answered ?? '',
    sessionId: placement.sessionId,
    outcome,
    attempts,
    durationMs,
    endpointRequestId:
      given === undefined ? trying?.endpointRequestId : requestIdOf(given.answered.answer),
    ttftMs: given?.ttftMs,
    usage: given?.usage,
    isCharged: input.operation === 'messages' && isUnnamed,
  };
}

function attemptsOf({ outcome, trying, given }: EndedExchange): readonly RequestAttempt[] {
  if (trying === undefined) return [];
  const { failed, current } = trying;
  if (given !== undefined) {
    const { answered, failure } = given;
    const isBilled =
      failure !== undefined && isBillable({ failure, phase: 'answered', isStaleConnection: false });
    const endpoint = answered.endpointId;
    return [...failed, { endpoint, failure: failure ?? null, isBillable: isBilled }];
  }
  if (current === undefined) return failed;
  const failure = outcome === 'timed_out' ? 'timeout' : null;
  const { endpointId: endpoint, isConnecting } = current;
  return [...failed, { endpoint, failure, isBillable: !isConnecting }];
}
