import type { ServerResponse } from 'node:http';
import { downstreamHeaders } from '../upstream/headers.ts';
import type { HeldResponse } from './held-response.ts';

export interface PassOptions {
  /** No further request is wanted on this connection. */
  readonly isLast: boolean;
}

/**
 * The last endpoint's own error answer with its headers (`retry-after`, `x-should-retry`,
 * `anthropic-ratelimit-*`, `request-id`), when all that may be tried has been tried.
 */
export function passRefusal(
  res: ServerResponse,
  response: HeldResponse,
  { isLast }: PassOptions,
): void {
  const body = Buffer.concat(response.held);
  res.writeHead(response.status, {
    ...downstreamHeaders(response.headers, response.passesHeader),
    'content-type': 'application/json',
    'content-length': body.length,
    ...(isLast ? { connection: 'close' } : {}),
  });
  res.end(body);
}
