/** The facts about a request that routing needs: what it requests, and what distinguishes it from others. */
import type { FailureClass } from '@zephyr/contract/failure';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import { type RoutedRequest, scopeOf } from '@zephyr/core';
import type { ExchangeContext } from './exchange-context.ts';
import { isLookup } from './model-name.ts';

/** Betas that change the limits of a model, such as `context-1m-2025-08-07`. */
const LIMITING_BETA = /(?:^|,)\s*(context-[a-z0-9-]{1,40})/g;

/** @param model as named in the body, as far as it was read; empty if it is not */
export function routedRequestIn(
  { input, body, placement }: Pick<ExchangeContext, 'input' | 'body' | 'placement'>,
  model: string,
): RoutedRequest {
  const { req, operation, person, caller } = input;
  const session = `${caller} ${placement.sessionId ?? ''}`;
  return {
    operation,
    model: model + limitingBetas(req.headers['anthropic-beta']),
    // Behind one address there may be many people, so their sessions distinguish them.
    caller: person === ANONYMOUS ? session : caller,
    // Does not hash the body: a client that repeats a request sends the same number of bytes.
    fingerprint: `${session} ${body.bytes}`,
    signatureFamily: placement.signatureFamily,
    isLookup: isLookup(input),
  };
}

/**
 * The request with the facts known after a failure. The model to blame must be the one that the endpoint
 * read, and endpoints of a family that refuses its thinking are tried last.
 */
export function requestAfter(
  context: Pick<ExchangeContext, 'input' | 'body' | 'placement'>,
  request: RoutedRequest,
  { failure, family }: { readonly failure: FailureClass; readonly family: string | undefined },
): RoutedRequest {
  if (failure === 'foreign_thinking') {
    const { refusedBy = [] } = request;
    return { ...request, refusedBy: family === undefined ? refusedBy : [...refusedBy, family] };
  }
  const scope = scopeOf(failure, context.input.operation);
  if (scope !== 'load' && scope !== 'model') return request;
  const { refusedBy } = request;
  return { ...routedRequestIn(context, context.body.exactModel()), refusedBy };
}

function limitingBetas(header: string | string[] | undefined): string {
  if (header === undefined || !header.includes('context-')) return '';
  const betas = [...String(header).matchAll(LIMITING_BETA)].map(([, beta]) => ` ${beta}`);
  return betas.slice(0, 3).toSorted().join('');
}
