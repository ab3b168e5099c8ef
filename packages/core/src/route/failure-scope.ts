/**
 * Scope before blame: a failed answer proves only the narrowest thing that explains it.
 *
 * | seen | on `POST /v1/messages` | on `count_tokens`, `models` | on `extra_paths` |
 * |---|---|---|---|
 * | no name, refused, TLS, connect limit, reset, cut, 5xx | endpoint | none | none |
 * | silence, not Claude, 405, 501, a page instead of the operation | endpoint | operation | none |
 * | 404 of the API, "no channel for model" | model | operation | none |
 * | 403 | model | none | none |
 * | 401, 402 | token | none | none |
 * | 429, 529, overloaded 503 | load of this model here | none | none |
 * | other 4xx, thinking that another backend has signed | request | request | request |
 *
 * Only `POST /v1/messages` is evidence of an endpoint's health: the other operations are optional
 * for a gateway, and their answers say nothing about messages.
 */
import type { FailureClass } from '@zephyr/contract/failure';

import { type MessageScope, messageScopeOf } from '../failure-table.ts';

/** The operation that a request calls. `extra`: a path known only from the configuration. */
export const OPERATIONS = ['messages', 'count_tokens', 'models', 'extra'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What a failure is evidence about; `operation`: this endpoint does not have the operation, or not in time. */
export type Scope = MessageScope | 'operation';

export function scopeOf(failure: FailureClass, operation: Operation): Scope {
  const scope = messageScopeOf(failure);
  if (operation === 'messages' || scope === 'request') return scope;
  if (operation === 'extra') return 'none';
  return LACKS_OPERATION.has(failure) ? 'operation' : 'none';
}

/** A page, "not found", or silence instead of the operation: some gateways hang on unknown paths. */
const LACKS_OPERATION: ReadonlySet<FailureClass> = new Set([
  'first_byte_timeout',
  'unsupported',
  'not_claude',
  'model_not_found',
]);

/** Nothing was sent: the endpoint is unreachable. */
const UNREACHABLE: ReadonlySet<FailureClass> = new Set([
  'outbound_proxy',
  'dns',
  'connection_refused',
  'connect_timeout',
  'tls',
]);

export function isUnreachable(failure: FailureClass): boolean {
  return UNREACHABLE.has(failure);
}

/** An answer broke off or fell silent, mostly after content, when no other endpoint can be tried. */
export function isCut(failure: FailureClass): boolean {
  return failure === 'truncated' || failure === 'idle_timeout';
}

/** The endpoint answered, but not well; the request itself may be the cause. */
export function isAnswer(failure: FailureClass): boolean {
  return failure === 'server_error' || failure === 'not_claude' || failure === 'unsupported';
}

/**
 * Failures that the endpoints of a group share, because they have one provider and one token: a
 * retry prefers another group. A host that cannot be reached says nothing about its siblings.
 */
export function isSharedByGroup(failure: FailureClass): boolean {
  return !isUnreachable(failure) && failure !== 'reset' && failure !== 'first_byte_timeout';
}

/** Whether an immediate retry would change nothing. */
export function isLasting(scope: Scope): boolean {
  return scope === 'token' || scope === 'model' || scope === 'operation' || scope === 'request';
}
