/** What a failure is about, and who must act on it: one table for probes and for requests. */
import type { FailureClass } from '@zephyr/contract/failure';

/**
 * What a failure of `POST /v1/messages` is evidence about:
 * - `none`: nothing that could affect another request.
 * - `request`: this request; it would fail anywhere, or at any endpoint that did not sign its thinking.
 * - `load`: this model on this endpoint, for the moment or for the requested wait.
 * - `model`: this model on this endpoint, with this token.
 * - `token`: this token on this endpoint.
 * - `endpoint`: this endpoint.
 */
export type MessageScope = 'none' | 'request' | 'load' | 'model' | 'token' | 'endpoint';

/**
 * Who must act on a failure.
 * - `endpoint`: the endpoint is at fault; counts against its health.
 * - `overload`: the model is overloaded or a rate limit is reached; the endpoint itself works.
 * - `token`: the team's token or account is refused, or lacks the model.
 * - `client`: the client's own error; counts against nobody.
 * - `local`: our own machine (the CLI is missing or crashed); no evidence about the endpoint.
 */
export type Cause = 'endpoint' | 'overload' | 'token' | 'client' | 'local';

const SCOPES: Readonly<Record<FailureClass, MessageScope>> = {
  // Regardless of who must act: behind this proxy the endpoint cannot be used.
  outbound_proxy: 'endpoint',
  dns: 'endpoint',
  connection_refused: 'endpoint',
  connect_timeout: 'endpoint',
  tls: 'endpoint',
  reset: 'endpoint',
  first_byte_timeout: 'endpoint',
  idle_timeout: 'endpoint',
  timeout: 'endpoint',
  truncated: 'endpoint',
  not_claude: 'endpoint',
  server_error: 'endpoint',
  overloaded: 'load',
  rate_limited: 'load',
  token_refused: 'token',
  credit: 'token',
  forbidden: 'model',
  model_not_found: 'model',
  unsupported: 'endpoint',
  foreign_thinking: 'request',
  client_error: 'request',
  cli_missing: 'none',
  cli_crashed: 'none',
};

const CAUSES: Readonly<Record<MessageScope, Cause>> = {
  endpoint: 'endpoint',
  load: 'overload',
  token: 'token',
  // Other models still work with the token, but who gave it must add this one.
  model: 'token',
  request: 'client',
  none: 'local',
};

export function messageScopeOf(failure: FailureClass): MessageScope {
  return SCOPES[failure];
}

export function causeOf(failure: FailureClass): Cause {
  return CAUSES[SCOPES[failure]];
}
