import type { IncomingHttpHeaders } from 'node:http';

import type { AnswerEnd, AnswerForm } from '@zephyr/core';
import type { AnswerStream } from './answer-listeners.ts';

/** An answer whose start was buffered, once the decision about it is made. */
export interface BufferedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Headers that the endpoint's configuration passes in addition to the usual ones. */
  readonly isHeaderPassed?: ((name: string) => boolean) | undefined;
  /** The endpoint's name as a header value, if its id does not show it. */
  readonly endpointName?: string | undefined;
  readonly buffered: readonly Buffer[];
  /** Its first chunk as text; empty if the answer was not judged by its start. */
  readonly head: string;
  /** Determined from the body; `unread` if the gate did not look. */
  readonly form: AnswerForm;
  /** Set if the gate has already searched the buffered data for the end. */
  readonly end?: AnswerEnd | undefined;
  /** More data follows unless `hasEnded`. */
  readonly stream: AnswerStream;
  readonly hasEnded: boolean;
}

/** The endpoint's request id, if it sent one. */
export function requestIdOf({ headers }: BufferedAnswer): string | undefined {
  const id = headers['request-id'] ?? headers['x-request-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,100}$/.test(id) ? id : undefined;
}
