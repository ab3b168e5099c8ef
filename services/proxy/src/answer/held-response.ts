import type { IncomingHttpHeaders } from 'node:http';

import type { AnswerEnd, AnswerForm } from '@zephyr/core';
import type { AnswerStream } from './answer-listeners.ts';

/** An answer whose start was held back, at the moment when it is decided. */
export interface HeldResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Headers of the endpoint's configuration that pass besides the usual ones. */
  readonly passesHeader?: ((name: string) => boolean) | undefined;
  /** The endpoint's name as a header has it, where its id does not show it. */
  readonly endpointName?: string | undefined;
  readonly held: readonly Buffer[];
  /** The first chunk of it as text; empty where the answer was not judged by its start. */
  readonly head: string;
  /** By its body; `unread` where the gate did not look. */
  readonly form: AnswerForm;
  /** Where the gate has looked for the end in what is held already. */
  readonly end?: AnswerEnd | undefined;
  /** Goes on unless `ended`. */
  readonly stream: AnswerStream;
  readonly ended: boolean;
}

/** The endpoint's name for the request, where it has one. */
export function requestIdOf({ headers }: HeldResponse): string | undefined {
  const id = headers['request-id'] ?? headers['x-request-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,100}$/.test(id) ? id : undefined;
}
