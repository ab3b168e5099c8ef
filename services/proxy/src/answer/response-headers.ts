/**
 * The headers of an endpoint's answer that reach the client. An allowlist, because an endpoint may send anything.
 * For the headers that the endpoint gets, see `upstream/request-headers.ts`.
 */
import type { OutgoingHttpHeaders } from 'node:http';

import type { EndpointId } from '@zephyr/contract/scalars';
import { isUnsafeAnswerHeader } from '@zephyr/runtime/header-rules';
import type { BufferedAnswer } from './buffered-answer.ts';
import { LEFT_FAMILY_HEADER } from './zephyr-errors.ts';

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

/** The endpoint's own headers. */
export function passedHeaders({
  headers: upstream,
  isHeaderPassed,
}: Pick<BufferedAnswer, 'headers' | 'isHeaderPassed'>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const name in upstream) {
    const isPassed =
      RESPONSE_HEADERS.has(name) ||
      (name.startsWith(RESPONSE_PREFIX) && name !== RESPONSE_SECRET) ||
      (isHeaderPassed?.(name) === true && !isUnsafeAnswerHeader(name));
    const value = upstream[name];
    if (isPassed && value !== undefined) headers[name] = value;
  }
  return headers;
}

export interface AnswerHeadersAbout {
  /** Reported to the client. */
  readonly endpointId: EndpointId;
  /** See `ErrorFacts`. */
  readonly leftFamily: string | undefined;
  /** The connection accepts no further request. */
  readonly isLast: boolean;
}

/** The headers of a good answer: the endpoint's own, and ours. */
export function answerHeaders(
  answer: Pick<BufferedAnswer, 'status' | 'headers' | 'isHeaderPassed' | 'endpointName'>,
  { endpointId, leftFamily, isLast }: AnswerHeadersAbout,
): OutgoingHttpHeaders {
  const headers = passedHeaders(answer);
  headers['x-zephyr-endpoint'] = endpointId;
  if (answer.endpointName !== undefined) {
    headers['x-zephyr-endpoint-name'] = answer.endpointName;
  }
  if (leftFamily !== undefined) headers[LEFT_FAMILY_HEADER] = leftFamily;
  if (isLast) headers.connection = 'close';
  // It has no body: a reverse proxy that believes the length would read the next answer as one.
  if (answer.status === 204) delete headers['content-length'];
  return headers;
}
