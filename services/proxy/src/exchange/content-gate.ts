/**
 * Holds a success back until it is clear that an answer follows: until then another endpoint can
 * still answer instead. What it is decides core's `AnswerStart`, for the probes as for requests;
 * here is only what HTTP adds. The caller keeps the bytes and passes them on exactly as they came;
 * the gate reads a copy.
 */
import type { IncomingHttpHeaders } from 'node:http';

import { type AnswerEnd, AnswerStart, type StartVerdict } from '@zephyr/core';

export class ContentGate {
  readonly #start = new AnswerStart();
  /** The verdict on an answer that cannot be read here, by its label alone. */
  readonly #unread: StartVerdict | undefined;

  constructor(headers: IncomingHttpHeaders) {
    const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (encoding === 'identity' || encoding === '') return;
    const isPage = headers['content-type']?.toLowerCase().startsWith('text/html') === true;
    this.#unread = isPage
      ? { kind: 'fail', failure: 'not_claude' }
      : { kind: 'commit', form: 'unread' };
  }

  /** Something else than white space has come. */
  get hasBegun(): boolean {
    return this.#start.hasBegun;
  }

  /** Of a document: its end, for which all that was pushed is read. */
  endOfDocument(): AnswerEnd | undefined {
    return this.#start.endOfDocument();
  }

  push(chunk: Buffer): StartVerdict {
    return this.#unread ?? this.#start.push(chunk.toString('latin1'));
  }

  atDeadline(): StartVerdict {
    return this.#start.atDeadline();
  }

  atEnd(): StartVerdict {
    return this.#start.atEnd();
  }
}
