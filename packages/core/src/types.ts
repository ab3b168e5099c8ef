/** Types shared by all rooms. */
import type { FailureClass } from '@zephyr/contract/failure';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

export const endpointId = (slug: string): EndpointId => slug as EndpointId;
export const epochMs = (milliseconds: number): EpochMs => milliseconds as EpochMs;

/**
 * Who must act on a failure.
 * - `endpoint`: the endpoint is at fault; counts against its health.
 * - `overload`: the model is overloaded or a rate limit is reached; the endpoint itself works.
 * - `token`: the team's token or account is refused.
 * - `client`: the client's own error; counts against nobody.
 * - `local`: our own machine (the CLI is missing or crashed); no evidence about the endpoint.
 */
export type Cause = 'endpoint' | 'overload' | 'token' | 'client' | 'local';

const CAUSES: Readonly<Record<FailureClass, Cause>> = {
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
  overloaded: 'overload',
  rate_limited: 'overload',
  token_refused: 'token',
  credit: 'token',
  forbidden: 'token',
  model_not_found: 'token',
  unsupported: 'endpoint',
  foreign_thinking: 'client',
  client_error: 'client',
  cli_missing: 'local',
  cli_crashed: 'local',
};

export function causeOf(failure: FailureClass): Cause {
  return CAUSES[failure];
}

/**
 * How far an attempt got that failed.
 * - `connecting`: the endpoint cannot have read any of the request.
 * - `sent`: it may have read the request; no byte of an answer arrived.
 * - `answered`: an answer arrived, but none of it has been passed to the client.
 *
 * An attempt whose answer is passed on has not failed: what cuts it from then on is the relay's to see.
 */
export type AttemptPhase = 'connecting' | 'sent' | 'answered';

/** Fails to compile if a case of a union is not handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
