/**
 * The failure class of a request, which people can act on. Pure. The code of the data path decides what is
 * an answer and what a refusal, so an endpoint that is healthy here serves there.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import { type ApiError, isSuccess, judgeRefusal } from '@zephyr/core';

import { OUTBOUND_PROXY } from '@zephyr/runtime/connection/tunnel';

import { judgeAnswer } from './answer.ts';
import type { ObservedRequest } from './watched-request.ts';

export interface ProbeFailure {
  readonly failure: FailureClass;
  /** Not yet redacted. */
  readonly detail: string;
}

/** A stream that has been silent this long at the deadline has stalled; otherwise it was only slow. */
const STALLED_AFTER_MS = 3_000;

const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;
const UNTRUSTED_CODES = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
const DNS_CODES = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'];
const UNREACHABLE_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];

/** Undefined if the endpoint has sent a complete answer of the Messages API. */
export function requestFailure(request: ObservedRequest): ProbeFailure | undefined {
  const { status, reached, body } = request;
  if (status !== undefined && !isSuccess(status)) return failureOfStatus(request);
  const verdict = judgeAnswer(body, reached === 'answered');
  if (verdict.kind === 'failed') return failureOfAnswer(verdict, body);
  // The client has all of it, however the connection then ends, if it ever does.
  if (verdict.kind === 'whole') return undefined;
  if (reached !== 'answered') return failureOfBreak(request);
  return { failure: 'truncated', detail: 'the answer ended before its last event' };
}

function failureOfBreak(request: ObservedRequest): ProbeFailure {
  const { reached, errorCode = 'UNKNOWN', tunnelError } = request;
  if (errorCode === 'CUT') return failureAtDeadline(request);
  if (errorCode === 'TOO_LONG')
    return { failure: 'not_claude', detail: 'the answer was longer than any answer to a probe' };
  if (tunnelError !== undefined) return failureOfTunnel(errorCode, tunnelError);
  if (DNS_CODES.includes(errorCode))
    return { failure: 'dns', detail: `the host name does not resolve (${errorCode})` };
  if (UNREACHABLE_CODES.includes(errorCode))
    return { failure: 'connection_refused', detail: `no connection (${errorCode})` };
  if (errorCode === 'ETIMEDOUT')
    return { failure: 'connect_timeout', detail: 'connecting timed out (ETIMEDOUT)' };
  if (TLS_CODES.test(errorCode)) return { failure: 'tls', detail: detailOfTls(errorCode) };
  if (errorCode.startsWith('HPE_'))
    return { failure: 'not_claude', detail: `the answer is not HTTP (${errorCode})` };
  if (reached === 'answering')
    return { failure: 'truncated', detail: `the answer broke off (${errorCode})` };
  if (reached === 'securing')
    return {
      failure: 'tls',
      detail: `the TLS handshake broke off (${errorCode}); the endpoint may require a client certificate, see client_cert_file`,
    };
  return { failure: 'reset', detail: `the connection was lost before an answer (${errorCode})` };
}

function failureOfTunnel(code: string, detail: string): ProbeFailure {
  if (code === OUTBOUND_PROXY) return { failure: 'outbound_proxy', detail };
  return { failure: code === 'ETIMEDOUT' ? 'connect_timeout' : 'connection_refused', detail };
}

const CLIENT_CERTIFICATE_CODES =
  /ALERT_(CERTIFICATE_(REQUIRED|EXPIRED|REVOKED|UNKNOWN)|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;
const VERSION_CODES = /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/;

function detailOfTls(code: string): string {
  if (UNTRUSTED_CODES.test(code))
    return `the issuer of the certificate is not trusted: set ca_file (${code})`;
  if (CLIENT_CERTIFICATE_CODES.test(code))
    return `the endpoint rejects the client certificate: check client_cert_file (${code})`;
  if (VERSION_CODES.test(code)) return `no TLS version in common: see tls_min_version (${code})`;
  if (/HANDSHAKE_FAILURE/.test(code))
    return `the endpoint aborted the TLS handshake: it may require a client certificate, see client_cert_file (${code})`;
  return `TLS failed (${code})`;
}

function failureAtDeadline({ reached, silentMs }: ObservedRequest): ProbeFailure {
  switch (reached) {
    case 'tunnelling':
      return {
        failure: 'connect_timeout',
        detail: 'connecting through the outbound proxy timed out',
      };
    case 'resolving':
      return { failure: 'dns', detail: 'resolving the host name timed out' };
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
        : { failure: 'timeout', detail: 'the answer did not complete in time' };
  }
}

function failureOfAnswer(
  { failure, error }: { readonly failure: FailureClass; readonly error?: ApiError | undefined },
  body: string,
): ProbeFailure {
  if (error !== undefined) {
    const detail = `status 200 with an error: ${textOf(error)}`;
    return { failure: isAboutCredit(error) ? 'credit' : failure, detail };
  }
  if (failure === 'truncated') return { failure, detail: 'the answer ended before its last event' };
  const start = body.trim().slice(0, 80);
  const what = start === '' ? 'is empty' : `begins with: ${start}`;
  return { failure, detail: `status 200, but the answer ${what}` };
}

function failureOfStatus({ status = 0, body, contentType = '' }: ObservedRequest): ProbeFailure {
  const { failure, error } = judgeRefusal({
    status,
    contentType: contentType.toLowerCase(),
    bodyStart: body,
  });
  const start = error === undefined ? body.trim().slice(0, 80) : textOf(error);
  const detail = `status ${status}${start === '' ? '' : `: ${start}`}`;
  if (status < 500 && isAboutCredit(error)) return { failure: 'credit', detail };
  if (status === 404 && isAboutModel(error)) return { failure: 'model_not_found', detail };
  return { failure, detail };
}

/**
 * The API reports an empty account with status 400 or 403, gateways in many ways. A probe's request is ours:
 * no client can have put these words into the answer, so here the message may be used.
 */
const CREDIT_WORDS =
  /credit balance|insufficient.{0,20}(balance|quota|credit|fund)|quota.{0,20}exceeded|余额|额度|欠费/i;

function isAboutCredit(error: ApiError | undefined): boolean {
  return CREDIT_WORDS.test(error?.message ?? '');
}

function isAboutModel(error: ApiError | undefined): boolean {
  return /model/i.test(error?.message ?? '');
}

function textOf({ type, code, message }: ApiError): string {
  const kind = type === '' ? code : type;
  return kind === '' ? message : `${kind}: ${message}`;
}
