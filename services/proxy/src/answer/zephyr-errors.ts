/**
 * Every answer that we generate ourselves: fixed texts in the format of the Messages API, so that no host
 * name, stack trace or query string of ours can reach a client.
 *
 * Status and headers follow how Claude Code treats them: it obeys `x-should-retry`, waits for a `retry-after`
 * of up to 60 s and gives up immediately on a longer one, and treats a 401 or 403 as the end of its own
 * login.
 */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { ApiErrorType } from '@zephyr/contract/api-error-type';
import type { FailureClass } from '@zephyr/contract/failure';

import { retryAdvice } from './retry-advice.ts';

interface ErrorKind {
  readonly status: number;
  readonly type: ApiErrorType;
  readonly message: string;
  /** Whether the client should retry; if absent, the client decides. */
  readonly canRetry?: boolean;
}

/** `final`: retrying cannot help. */
type KindRow = readonly [status: number, type: ApiErrorType, message: string, final?: 'final'];

const KINDS = {
  bad_request: [
    400,
    'invalid_request_error',
    'the request target or its headers are malformed',
    'final',
  ],
  body_not_allowed: [400, 'invalid_request_error', 'only POST requests have a body here', 'final'],
  unauthorized: [
    401,
    'authentication_error',
    'this proxy requires a personal key: ask its operator for one',
    'final',
  ],
  not_local: [
    401,
    'authentication_error',
    'without keys, this proxy accepts only requests from its own machine to an IP address or localhost; for a reverse proxy or a host name, its operator must create a key for each person',
    'final',
  ],
  foreign_page: [403, 'permission_error', 'pages of other sites may not use this proxy', 'final'],
  unknown_host: [
    403,
    'permission_error',
    'this proxy does not accept this host name: use its IP address, or ask its operator to add the name to allowed_hosts under [server]',
    'final',
  ],
  not_found: [
    404,
    'not_found_error',
    'this proxy serves POST /v1/messages, POST /v1/messages/count_tokens, GET /v1/models and GET /status; other paths of an endpoint need extra_paths in its configuration',
    'final',
  ],
  base_url: [
    404,
    'not_found_error',
    'no such path here: set ANTHROPIC_BASE_URL to http://<host>:<port> of this proxy, without /v1 or any other path',
    'final',
  ],
  https_only: [
    400,
    'invalid_request_error',
    'this port speaks HTTPS: set ANTHROPIC_BASE_URL to https:// with the name in its certificate',
    'final',
  ],
  forward_proxy: [
    404,
    'not_found_error',
    'this is not a forward proxy: unset HTTP_PROXY and HTTPS_PROXY for it, and set ANTHROPIC_BASE_URL to http://<host>:<port> of this proxy, without /v1',
    'final',
  ],
  model_not_allowed: [
    403,
    'permission_error',
    'your key does not allow this model; your models are: <models>',
    'final',
  ],
  repeated_model: [
    400,
    'invalid_request_error',
    'the body has `model` more than once, and your key does not allow all models: send it once',
    'final',
  ],
  unknown_model: [
    404,
    'not_found_error',
    'no endpoint of this proxy serves this model; served are: <models>',
    'final',
  ],
  unsupported: [404, 'not_found_error', 'no endpoint offers this operation', 'final'],
  method_not_allowed: [
    405,
    'invalid_request_error',
    'this method is not allowed for this path',
    'final',
  ],
  request_timeout: [408, 'invalid_request_error', 'the request did not arrive in time'],
  too_large: [
    413,
    'request_too_large',
    'the request body is larger than this proxy accepts',
    'final',
  ],
  target_too_long: [414, 'invalid_request_error', 'the request target is too long', 'final'],
  header_too_large: [431, 'invalid_request_error', 'the request headers are too large', 'final'],
  too_many_failures: [429, 'rate_limit_error', 'too many wrong keys from this address', 'final'],
  over_limit: [429, 'rate_limit_error', '<limit>'],
  client_busy: [429, 'rate_limit_error', 'this client has too many active requests'],
  busy: [503, 'overloaded_error', 'this proxy has too many active requests'],
  usage_away: [503, 'api_error', 'usage data is in Redis, which is unreachable at the moment'],
  internal: [500, 'api_error', 'this proxy failed; its log says why'],
  all_down: [503, 'overloaded_error', 'no endpoint is available at the moment'],
  unreachable: [
    503,
    'overloaded_error',
    'no endpoint can be reached; `make status` or `zephyr status` shows why',
  ],
  none_enabled: [503, 'api_error', 'all endpoints are disabled by the operator', 'final'],
  rate_limited: [429, 'rate_limit_error', 'all endpoints have reached their rate limit'],
  overloaded: [529, 'overloaded_error', 'the model is overloaded'],
  // Not a 5xx: Claude Code would add that it is usually temporary. Not a 401: it would end its login.
  token_refused: [
    402,
    'api_error',
    'the endpoint refuses this proxy’s token or the account behind it: the operator of this proxy must correct the token in .env or top up the account; `make status` or `zephyr status` shows which',
    'final',
  ],
  upstream_timeout: [504, 'api_error', 'the endpoint did not answer in time'],
  upstream_failed: [502, 'api_error', 'the endpoint did not return a valid answer'],
} as const satisfies Record<string, KindRow>;

export type ErrorName = keyof typeof KINDS;

/** Placeholders in the texts, replaced when the answer is sent. */
const PLACES = {
  address: 'http://<host>:<port>',
  models: '<models>',
  limit: '<limit>',
} as const;

/** Values for the placeholders; an absent one leaves its placeholder in the text. */
export interface ErrorFacts {
  /** The base URL that the client uses for us. */
  readonly address?: string | undefined;
  /** The models that the endpoints serve, or that the person may use, by the configuration. */
  readonly models?: string | undefined;
  /**
   * The session's signature family, if the request went to another one because none of its endpoints is
   * available.
   */
  readonly leftFamily?: string | undefined;
  /** A sentence: whose limit is reached, which one, and when it resets. */
  readonly limit?: string | undefined;
}

/** Names the session's signature family if the request went to an endpoint of another family. */
export const LEFT_FAMILY_HEADER = 'x-zephyr-left-family';

export function errorKind(name: ErrorName): ErrorKind {
  const [status, type, message, final]: KindRow = KINDS[name];
  return { status, type, message, ...(final === undefined ? {} : { canRetry: false }) };
}

export function errorBody(name: ErrorName, requestId: string, facts: ErrorFacts = {}): string {
  const { type, message: text } = errorKind(name);
  const { address = PLACES.address, models = PLACES.models, limit = PLACES.limit } = facts;
  const said = text
    .replace(PLACES.address, () => address)
    .replace(PLACES.models, () => models)
    .replace(PLACES.limit, () => limit);
  const { leftFamily } = facts;
  const message = leftFamily === undefined ? said : `${said}; ${leftText(leftFamily)}`;
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId });
}

function leftText(family: string): string {
  return `no endpoint of the family ${family}, which signed the thinking in this conversation, is available, and others may refuse it`;
}

/** The last event of a stream that we have to end before its answer is complete. */
export function errorEvent(name: ErrorName): string {
  const { type, message } = errorKind(name);
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`;
}

const PROCESS = randomBytes(6).toString('base64url');
let lastRequest = 0;

/** Unique, not secret: every request has one. */
export function newRequestId(): string {
  lastRequest += 1;
  return `zephyr_${PROCESS}${lastRequest.toString(36)}`;
}

export interface ErrorAnswer extends ErrorFacts {
  readonly name: ErrorName;
  readonly requestId?: string | undefined;
  /** Sent as whole seconds, rounded up, from 1 to 60; not capped for a limit that lasts longer. */
  readonly retryAfterMs?: number | undefined;
}

/** Sends the error; if an answer has already begun, closes the connection abnormally instead. */
export function sendError(res: ServerResponse, answer: ErrorAnswer): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const kind = errorKind(answer.name);
  const { canRetry, retryAfter } = retryAdvice({
    ...{ retryAfterMs: answer.retryAfterMs, canRetry: kind.canRetry },
    isCertain: answer.name === 'over_limit',
  });
  const requestId = answer.requestId ?? newRequestId();
  const body = errorBody(answer.name, requestId, answer);
  res.writeHead(kind.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    'x-zephyr-error': answer.name,
    ...(answer.leftFamily === undefined ? {} : { [LEFT_FAMILY_HEADER]: answer.leftFamily }),
    ...(canRetry === undefined ? {} : { 'x-should-retry': String(canRetry) }),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
  res.end(body);
}

/** The error for a client if its last attempt failed like this and nothing more specific is known. */
export function errorOfFailure(failure: FailureClass): ErrorName {
  switch (failure) {
    case 'rate_limited':
      return 'rate_limited';
    case 'overloaded':
      return 'overloaded';
    case 'token_refused':
    case 'credit':
      return 'token_refused';
    case 'unsupported':
      return 'unsupported';
    case 'connect_timeout':
    case 'first_byte_timeout':
    case 'idle_timeout':
    case 'timeout':
      return 'upstream_timeout';
    default:
      return 'upstream_failed';
  }
}
