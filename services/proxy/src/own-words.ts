import type { ServerResponse } from 'node:http';

import type { HeldResponse } from './attempt.ts';

export interface OwnWordsOptions {
  /** The soonest moment at which any endpoint may be asked; absent where none was named. */
  readonly retryAfterMs: number | undefined;
  /** No further request is wanted on this connection. */
  readonly isLast: boolean;
}

/** The last endpoint's own error answer, when all that may be tried has been tried. */
export function giveOwnWords(
  res: ServerResponse,
  response: HeldResponse,
  options: OwnWordsOptions,
): void {
  const body = Buffer.concat(response.held);
  const requestId = response.headers['request-id'];
  const { retryAfterMs } = options;
  res.writeHead(response.status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(typeof requestId === 'string' ? { 'request-id': requestId } : {}),
    ...(retryAfterMs === undefined
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    ...(options.isLast ? { connection: 'close' } : {}),
  });
  res.end(body);
}
