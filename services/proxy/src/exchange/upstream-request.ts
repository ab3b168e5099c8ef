/** The request of one attempt, and its time limits. */
import type { EndpointId } from '@zephyr/contract/scalars';
import { isSilentSince, type TtftClass } from '@zephyr/core';
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import { upstreamHeaders } from '../upstream/request-headers.ts';
import type { UpstreamRequest } from '../upstream/transport.ts';
import { listedModels } from './all-attempts-failed.ts';
import type { JudgedAs } from './answer-gate.ts';
import type { AttemptTimes } from './attempt.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { firstByteWaitMs } from './first-byte-timeout.ts';
import { bodyEditAt, pathAt } from './model-name.ts';

export function upstreamRequestOf(
  context: ExchangeContext,
  endpoint: UpstreamEndpoint,
  isOnFreshConnection: boolean,
): UpstreamRequest {
  const {
    input: { req },
    body,
    trace,
  } = context;
  const edit = endpoint.models === undefined ? undefined : bodyEditAt(context, endpoint);
  return {
    method: req.method ?? 'GET',
    pathAndQuery: endpoint.basePath + pathAt(context, endpoint),
    headers: upstreamHeaders(req.headers, endpoint, trace?.asks(endpoint)),
    framing: body.framing(edit),
    body: body.source(edit),
    isOnFreshConnection,
  };
}

export interface WaitInput {
  readonly endpointId: EndpointId;
  readonly ttftClass: TtftClass;
  /** Whether another endpoint could be tried afterwards. */
  readonly hasAlternative: boolean;
  /** Time spent at previous endpoints. */
  readonly triedForMs: number;
}

export function attemptTimesOf(
  { deps, settings: { timeouts }, input, body }: ExchangeContext,
  { endpointId, ttftClass, hasAlternative, triedForMs }: WaitInput,
): AttemptTimes {
  const { isStream } = body.facts();
  const firstByteMs = firstByteWaitMs({
    operation: input.operation,
    timeouts,
    bodyBytes: body.bytes,
    isStream,
    ...{ hasAlternative, triedForMs },
    usualTimeoutMs: (limits) => deps.routing.firstByteTimeoutMs(endpointId, ttftClass, limits),
  });
  const askedAtMs = deps.clock.nowMs();
  // For the list of models, connecting may not take longer than the answer.
  const connectMs = input.operation === 'models' ? firstByteMs : timeouts.connectMs;
  return {
    connectMs: Math.min(connectMs, timeouts.connectMs),
    ...{ firstByteMs, gateMs: timeouts.gateMs },
    isSilent:
      input.operation === 'messages' && isStream !== true && hasAlternative
        ? () => isSilentSince(deps.routing.ejectionOf(endpointId), askedAtMs)
        : undefined,
  };
}

/** Answers other than messages are judged only if something else could be sent instead. */
export function judgedAs(context: ExchangeContext, hasAlternative: boolean): JudgedAs {
  const { operation } = context.input;
  switch (operation) {
    case 'messages':
      return 'message';
    case 'count_tokens':
      return hasAlternative ? 'count' : 'nothing';
    case 'models':
      return hasAlternative || listedModels(context).length > 0 ? 'list' : 'nothing';
    case 'extra':
      return 'nothing';
  }
}
