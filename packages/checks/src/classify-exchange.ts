/** What a failed exchange means, as a class that people can act on. Pure. */
import type { FailureClass } from '@zephyr/core';

import { type Answer, readAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';

export interface Failure {
  readonly failure: FailureClass;
  /** Not yet redacted. */
  readonly detail: string;
}

/** A stream that has been silent this long at the deadline has stalled; else it was only slow. */
const STALLED_AFTER_MS = 3_000;

const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;
const DNS_CODES = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'];
const UNREACHABLE_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];

/** Undefined where the endpoint has given a whole answer of the Messages API. */
export function failureOf(exchange: Exchange): Failure | undefined {
  if (exchange.status !== undefined && exchange.status !== 200) return failureOfStatus(exchange);
  if (exchange.reached !== 'answered') return failureOfBreak(exchange);
  return failureOfAnswer(exchange);
}

function failureOfBreak(exchange: Exchange): Failure {
  const { reached, errorCode = 'UNKNOWN' } = exchange;
  if (errorCode === 'CUT') return failureAtDeadline(exchange);
  if (errorCode === 'TOO_LONG')
    return { failure: 'not_claude', detail: 'the answer was longer than any answer to a probe' };
  if (DNS_CODES.includes(errorCode))
    return { failure: 'dns', detail: `the host name does not resolve (${errorCode})` };
  if (UNREACHABLE_CODES.includes(errorCode))
    return { failure: 'refused', detail: `no connection (${errorCode})` };
  if (errorCode === 'ETIMEDOUT')
    return { failure: 'connect_timeout', detail: 'no connection in time (ETIMEDOUT)' };
  if (TLS_CODES.test(errorCode)) return { failure: 'tls', detail: `TLS failed (${errorCode})` };
  if (errorCode.startsWith('HPE_'))
    return { failure: 'not_claude', detail: `the answer is not HTTP (${errorCode})` };
  if (reached === 'answering') {
    const told = readAnswer(exchange.body).error;
    return {
      failure: 'truncated',
      detail: `the answer broke off (${errorCode})${told === undefined ? '' : `: ${told.message}`}`,
    };
  }
  if (reached === 'securing')
    return { failure: 'tls', detail: `the TLS handshake broke off (${errorCode})` };
  return { failure: 'reset', detail: `the connection broke before an answer (${errorCode})` };
}

function failureAtDeadline({ reached, silentMs }: Exchange): Failure {
  switch (reached) {
    case 'resolving':
      return { failure: 'dns', detail: 'the host name was not resolved in time' };
    case 'connecting':
      return { failure: 'connect_timeout', detail: 'no connection in time' };
    case 'securing':
      return { failure: 'connect_timeout', detail: 'no TLS handshake in time' };
    case 'waiting':
      return { failure: 'first_byte_timeout', detail: 'no answer in time' };
    default:
      return silentMs >= STALLED_AFTER_MS
        ? {
            failure: 'idle_timeout',
            detail: `the answer stalled for ${(silentMs / 1000).toFixed(1)} s`,
          }
        : { failure: 'timeout', detail: 'the answer was not complete in time' };
  }
}

function failureOfAnswer({ body }: Exchange): Failure | undefined {
  const answer = readAnswer(body);
  if (answer.error !== undefined) return failureOfApiError(answer.error);
  if (answer.shape === 'foreign') {
    const what = body.trim() === '' ? 'is empty' : `begins with: ${body.trim().slice(0, 80)}`;
    return { failure: 'not_claude', detail: `status 200, but the answer ${what}` };
  }
  return answer.isWhole
    ? undefined
    : { failure: 'truncated', detail: 'the answer ended before its last event' };
}

function failureOfStatus({ status = 0, body, contentType = '' }: Exchange): Failure {
  const answer = readAnswer(body);
  const detail = `status ${status}${toldBy(answer, body)}`;
  // An HTML page: a wall in front of the endpoint, or no API at all.
  const isPage = answer.shape === 'foreign' && contentType.includes('html');
  if (isPage && status < 500 && status !== 429) return { failure: 'not_claude', detail };
  if (status < 500 && tellsOfCredit(answer)) return { failure: 'credit', detail };
  return { failure: classOfStatus(status, answer), detail };
}

const CLASS_OF_STATUS: Readonly<Record<number, FailureClass>> = {
  401: 'token_refused',
  402: 'credit',
  403: 'token_refused',
  408: 'server_error',
  429: 'rate_limited',
  529: 'overloaded',
};

function classOfStatus(status: number, answer: Answer): FailureClass {
  const known = CLASS_OF_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500)
    return answer.error?.type === 'overloaded_error' ? 'overloaded' : 'server_error';
  if (status === 404) return isAboutModel(answer) ? 'model_not_found' : 'not_claude';
  return status >= 400 ? 'client_error' : 'not_claude';
}

const CLASS_OF_ERROR_TYPE: Readonly<Record<string, FailureClass>> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'rate_limited',
  authentication_error: 'token_refused',
  permission_error: 'token_refused',
  billing_error: 'credit',
  not_found_error: 'model_not_found',
  invalid_request_error: 'client_error',
  request_too_large: 'client_error',
};

/** An error that came with status 200: as JSON, or as an event of a stream. */
function failureOfApiError(error: { readonly type: string; readonly message: string }): Failure {
  const detail = `status 200 with an error: ${error.type}: ${error.message}`;
  if (CREDIT_WORDS.test(error.message)) return { failure: 'credit', detail };
  return { failure: CLASS_OF_ERROR_TYPE[error.type] ?? 'server_error', detail };
}

/** The API tells of an empty account with status 400 or 403; gateways do it in many ways. */
const CREDIT_WORDS =
  /credit balance|insufficient.{0,20}(balance|quota|credit|fund)|quota.{0,20}exceeded|余额|额度|欠费/i;

function tellsOfCredit(answer: Answer): boolean {
  return answer.error?.type === 'billing_error' || CREDIT_WORDS.test(answer.error?.message ?? '');
}

function isAboutModel(answer: Answer): boolean {
  return answer.error?.type === 'not_found_error' || /model/i.test(answer.error?.message ?? '');
}

function toldBy(answer: Answer, body: string): string {
  if (answer.error !== undefined) return `: ${answer.error.type}: ${answer.error.message}`;
  const start = body.trim().slice(0, 80);
  return start === '' ? '' : `: ${start}`;
}
