/** The answer to a client when all endpoints have failed: an endpoint's refusal, or an error of ours. */

import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestOutcome } from '@zephyr/contract/usage/usage';
import { namedModels, sendModelList } from '../answer/model-list.ts';
import { passRefusal } from '../answer/pass-refusal.ts';
import { jitteredRetryMs, UNREACHABLE_RETRY_MS } from '../answer/retry-advice.ts';
import { type ErrorName, errorOfFailure, sendError } from '../answer/zephyr-errors.ts';
import type { FailedAttempt } from './attempt-result.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { isLookup, requestedModel } from './model-name.ts';

/** Failures that mean an endpoint has no list of models. */
const HAVE_NO_LIST: ReadonlySet<FailureClass> = new Set(['unsupported', 'not_claude']);

const ABOUT_MODELS: ReadonlySet<ErrorName> = new Set([
  'unknown_model',
  'model_not_allowed',
  'repeated_model',
]);

/** @param soonerMs how long until another endpoint may answer, if that is before this one's wait is over */
export function answerFailure(
  context: ExchangeContext,
  failed: FailedAttempt,
  soonerMs: number | undefined,
): RequestOutcome {
  const { failure, phase, answer, retryAfterMs } = failed;
  const names = HAVE_NO_LIST.has(failure) ? listedModels(context) : [];
  if (names.length > 0) {
    context.deps.serving.noteAnswer();
    sendModelList(context.input.res, names);
    return 'ok';
  }
  if (answer === undefined) {
    const isUnreachable = phase === 'connecting';
    const waitMs = soonerMs ?? retryAfterMs ?? (isUnreachable ? UNREACHABLE_RETRY_MS : undefined);
    return answerError(context, isUnreachable ? 'unreachable' : errorOfFailure(failure), waitMs);
  }
  const { deps, input } = context;
  deps.serving.noteAnswer();
  const { leftFamily } = context.placement;
  passRefusal(input.res, answer, {
    isLast: deps.isLast(input.res),
    leftFamily,
    soonerMs: soonerMs === undefined ? undefined : jitteredRetryMs(soonerMs, deps.rng()),
  });
  return 'failed';
}

/** The configured models, if the client requested the list of models. */
export function listedModels({ deps, input }: ExchangeContext): readonly string[] {
  const isAsked = input.operation === 'models' && !isLookup(input);
  return isAsked ? namedModels(deps.routing.servedModels()) : [];
}

export function answerError(
  context: ExchangeContext,
  name: ErrorName,
  retryAfterMs?: number,
): RequestOutcome {
  const {
    deps,
    input: { res },
    placement,
    requestId,
  } = context;
  if (!res.headersSent && deps.isLast(res)) res.setHeader('connection', 'close');
  const jitteredMs =
    retryAfterMs === undefined ? undefined : jitteredRetryMs(retryAfterMs, deps.rng());
  const { leftFamily } = placement;
  const models = modelsFor(name, context);
  sendError(res, { name, requestId, retryAfterMs: jitteredMs, models, leftFamily });
  if (name === 'too_large') return 'too_large';
  // For the client to correct, and no sign of trouble here.
  if (ABOUT_MODELS.has(name)) return 'failed';
  deps.serving.noteOwnError(name, deps.clock.nowMs());
  return 'failed';
}

function modelsFor(name: ErrorName, context: ExchangeContext): string | undefined {
  const { deps, input } = context;
  if (name === 'unknown_model') return deps.routing.servedModels().join(', ');
  if (name !== 'model_not_allowed') return undefined;
  const model = requestedModel(context);
  return deps.limits.modelsWithout(model, input.person)?.join(', ');
}
