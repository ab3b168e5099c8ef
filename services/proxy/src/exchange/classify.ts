/** What a connection's error means, and which error answers may be given to a client. Pure. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { ApiError } from '@zephyr/core';

/**
 * Whether a client may see the endpoint's own answer: an error in the API's words, but never a refusal
 * of our token, which Claude Code would take for the end of its own login.
 */
export function mayBePassed(
  status: number,
  failure: FailureClass,
  error: ApiError | undefined,
): boolean {
  const isError = status >= 400 && status <= 599;
  return isError && error !== undefined && failure !== 'token_refused';
}

const CONNECT_FAILURES: Readonly<Record<string, FailureClass>> = {
  OUTBOUND_PROXY: 'outbound_proxy',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ETIMEDOUT: 'connect_timeout',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
};

const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/;

export function failureOfError(error: Error): FailureClass {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const connect = CONNECT_FAILURES[code];
  if (connect !== undefined) return connect;
  if (TLS_CODE.test(code)) return 'tls';
  // The answer is not HTTP: bad framing, a status or header that the parser refuses.
  if (code.startsWith('HPE_')) return 'not_claude';
  return 'reset';
}
