/** Classifies connection errors. Pure. */
import type { FailureClass } from '@zephyr/contract/failure';

const CONNECT_FAILURES: Readonly<Record<string, FailureClass>> = {
  OUTBOUND_PROXY: 'outbound_proxy',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  EADDRNOTAVAIL: 'connection_refused',
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
  // The answer is not HTTP: bad framing, or a status or header that the parser rejects.
  if (code.startsWith('HPE_')) return 'not_claude';
  return 'reset';
}

export function isReset(error: Error | undefined): boolean {
  const code = error !== undefined && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
