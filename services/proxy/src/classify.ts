/** What an endpoint's status or a connection's error means. Pure. */
import type { FailureClass } from '@zephyr/core';

export type StatusVerdict =
  /** A success that the content gate still has to look at. */
  | { readonly kind: 'gate' }
  /** The client's own mistake: passed on unchanged, counts against nobody. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'failure'; readonly failure: FailureClass };

const PASS: StatusVerdict = { kind: 'pass' };
const GATE: StatusVerdict = { kind: 'gate' };

/** The team's account is out of money or over its own limit; waiting does not help. */
const OUT_OF_CREDIT = /enforced_spend_limit_reached|credit balance is too low|insufficient_quota/i;

export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  /** The first bytes of the body, as text. */
  readonly bodyStart: string;
}

/** By the status alone, before any of the body is there. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

export function judgeStatus(refusal: Refusal): StatusVerdict {
  const { status, contentType, bodyStart } = refusal;
  if (isSuccess(status)) return GATE;
  const failed = (failure: FailureClass): StatusVerdict => ({ kind: 'failure', failure });
  // Redirects are never followed: the token would go to a host that nobody configured.
  if (status < 400 || status > 599) return failed('not_claude');
  if (status === 401 || status === 403) return failed('token_refused');
  if (status === 402 || (status < 500 && OUT_OF_CREDIT.test(bodyStart))) return failed('credit');
  if (status === 408) return failed('timeout');
  if (status === 429) return failed('rate_limited');
  if (status === 529) return failed('overloaded');
  if (status === 503 && bodyStart.includes('overloaded_error')) return failed('overloaded');
  if (status >= 500) return failed('server_error');
  // A page for people where the API would answer JSON: a captive portal or a wrong path.
  return contentType.includes('text/html') ? failed('not_claude') : PASS;
}

/** Failures that carry an answer which may reach the client: never a refusal of our token. */
export function mayBeRelayed(refusal: Refusal): boolean {
  const { status, contentType, bodyStart } = refusal;
  const speaksApi = contentType.includes('json') && /^\s*\{\s*"(type|error)"/.test(bodyStart);
  return speaksApi && (status === 429 || (status >= 500 && status <= 599));
}

const CONNECT_FAILURES: Readonly<Record<string, FailureClass>> = {
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
