/**
 * The headers of an endpoint's answer that reach the client. An allowlist, because a relay may send anything.
 * For the headers that the endpoint gets, see `upstream/request-headers.ts`.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

import { isUnsafeAnswerHeader } from '@zephyr/runtime/header-rules';
import type { HeaderMatcher } from '../upstream/endpoints.ts';

const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
]);
const RESPONSE_PREFIX = 'anthropic-';
/** Identifies the account behind the team's token. */
const RESPONSE_SECRET = 'anthropic-organization-id';

/** @param isMore from the endpoint's configuration */
export function downstreamHeaders(
  upstream: IncomingHttpHeaders,
  isMore?: HeaderMatcher,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const name in upstream) {
    const passes =
      RESPONSE_HEADERS.has(name) ||
      (name.startsWith(RESPONSE_PREFIX) && name !== RESPONSE_SECRET) ||
      (isMore?.(name) === true && !isUnsafeAnswerHeader(name));
    const value = upstream[name];
    if (passes && value !== undefined) headers[name] = value;
  }
  return headers;
}
