/** Passing an endpoint's own error to the client: whether that is allowed, and how. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { FailureClass } from '@zephyr/contract/failure';
import type { ApiError } from '@zephyr/core';

import type { BufferedAnswer } from './buffered-answer.ts';
import { type AnswerHeadersAbout, passedHeaders } from './response-headers.ts';
import { retryAdvice } from './retry-advice.ts';
import { LEFT_FAMILY_HEADER } from './zephyr-errors.ts';

/**
 * Whether a client may see the endpoint's own answer: an API error, but never a refusal of our token, which
 * Claude Code would mistake for the end of its own login.
 */
export function canBePassed(
  status: number,
  failure: FailureClass,
  error: ApiError | undefined,
): boolean {
  const isError = status >= 400 && status <= 599;
  return isError && error !== undefined && failure !== 'token_refused';
}

interface AboutRefusal extends Omit<AnswerHeadersAbout, 'endpointId'> {
  /** If another endpoint may answer before the wait of this one is over: how long until then. */
  readonly soonerMs: number | undefined;
}

/**
 * Passes on the last endpoint's own error with its headers (`retry-after`, `x-should-retry`,
 * `anthropic-ratelimit-*`, `request-id`), once everything else has been tried.
 */
export function passRefusal(
  res: ServerResponse,
  answer: BufferedAnswer,
  { isLast, leftFamily, soonerMs }: AboutRefusal,
): void {
  const body = Buffer.concat(answer.buffered);
  const headers = passedHeaders(answer);
  if (soonerMs !== undefined) retrySooner(headers, soonerMs);
  res.writeHead(answer.status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': body.length,
    ...(leftFamily === undefined ? {} : { [LEFT_FAMILY_HEADER]: leftFamily }),
    ...(isLast ? { connection: 'close' } : {}),
  });
  res.end(body);
}

/** Replaces what the endpoint says about a retry, which is about itself alone. */
function retrySooner(headers: OutgoingHttpHeaders, retryAfterMs: number): void {
  for (const name of ['retry-after-ms', 'x-should-retry']) delete headers[name];
  headers['retry-after'] = retryAdvice({ retryAfterMs, isCertain: false }).retryAfter;
}
