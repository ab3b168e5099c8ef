/** Records the result of a relayed answer: for routing, sessions and the counts. */

import type { AnswerUsage, RequestOutcome } from '@zephyr/contract/usage/usage';
import { type Journey, NO_USAGE, scopeOf } from '@zephyr/core';
import type { RelayResult } from '../answer/relay.ts';
import type { AnsweredRequest } from './attempt-loop.ts';
import type { ExchangeContext } from './exchange-context.ts';

export interface RelayedAnswer {
  readonly result: RelayResult;
  /** As far as the answer reported its tokens. */
  readonly usage: AnswerUsage | undefined;
}

export function noteRelayed(
  { deps, input, placement }: ExchangeContext,
  { journey, answered }: { readonly journey: Journey; readonly answered: AnsweredRequest },
  { result, usage = NO_USAGE }: RelayedAnswer,
): RequestOutcome {
  const { routing, stats } = deps;
  const { endpointId: id, answer } = answered;
  if (result.kind === 'cut') {
    // A passed answer is about the request itself, so it says nothing about the endpoint for others.
    if (answered.kind === 'committed') routing.cut(journey, id, result.failure);
    stats.failed(id, result.failure);
    return 'cut';
  }
  if (result.kind === 'client_gone') {
    stats.clientGone(id);
    return 'client_gone';
  }
  if (answered.kind === 'passed') {
    stats.failed(id, 'client_error');
    return 'passed';
  }
  if (result.failure !== undefined) {
    // It ended as the API ends an answer that it gives up: not whole, but properly reported.
    if (scopeOf(result.failure, 'messages') === 'endpoint') {
      routing.cut(journey, id, result.failure);
    }
    stats.failed(id, result.failure);
    return 'cut';
  }
  if (input.operation !== 'messages') {
    stats.served(id);
    return 'ok';
  }
  routing.completed(journey, id);
  stats.succeeded(id, usage);
  placement.noteUsage(usage, answer.head);
  return 'ok';
}
