/**
 * The headers that reach an endpoint. An allowlist, because the proxy library strips no hop-by-hop header
 * itself. For the headers that the client gets, see `answer/response-headers.ts`.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

import type { EndpointHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import { isOwnHeader } from '@zephyr/runtime/header-rules';
import type { HeaderMatcher, PassedHeaders } from './endpoints.ts';

const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-app',
  'x-client-app',
  'x-client-request-id',
]);

/** For a traced attempt, replacing the client’s own. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

export interface UpstreamIdentity {
  /** `host[:port]` of the endpoint. */
  readonly authority: string;
  readonly headers: EndpointHeaders;
  readonly passes: PassedHeaders;
}

/**
 * The headers of one attempt. The client's credentials are not on the allowlist, so they cannot pass;
 * `accept-encoding` requests plain bytes, because the content gate has to read the first event.
 */
export function upstreamHeaders(
  client: IncomingHttpHeaders,
  identity: UpstreamIdentity,
  trace?: TraceHeaders,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { host: identity.authority };
  const listed = client.connection === undefined ? undefined : hopByHop(client.connection);
  for (const name in client) {
    if (!isPassedUpstream(name) && !isPassedOn(name, identity.passes.ofClient)) continue;
    const value = client[name];
    if (value !== undefined && listed?.has(name) !== true) headers[name] = value;
  }
  headers['accept-encoding'] = 'identity';
  if (trace !== undefined) {
    delete headers['tracestate'];
    Object.assign(headers, trace);
  }
  for (const { name, value } of identity.headers.lines) headers[name] = value;
  return headers;
}

/** Called for about 25 headers per request, so it allocates no closure or list. */
function isPassedUpstream(name: string): boolean {
  return (
    REQUEST_HEADERS.has(name) ||
    name.startsWith('anthropic-') ||
    name.startsWith('x-stainless-') ||
    name.startsWith('x-claude-')
  );
}

function isPassedOn(name: string, isMore: HeaderMatcher | undefined): boolean {
  return isMore?.(name) === true && !isOwnHeader(name);
}

/** The names that a Connection header declares to be hop-by-hop. */
function hopByHop(connection: string): ReadonlySet<string> | undefined {
  if (connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}
