/**
 * Holds a success back until it is clear that an answer follows: until then another endpoint can
 * still answer instead. What it is decides core's `AnswerStart`, for the probes as for requests;
 * here is only what HTTP adds. The caller keeps the bytes and passes them on exactly as they came;
 * the gate reads a copy.
 */
import type { IncomingHttpHeaders } from 'node:http';

import { type AnswerEnd, AnswerStart, HeldDocument, type StartVerdict } from '@zephyr/core';

export interface Gate {
  /** The first chunk of a message as text, one character for each byte; empty before it, and of what is no message. */
  readonly head: string;
  /** From here on the caller waits for the gate alone. */
  readonly hasBegun: boolean;
  /** Of a document: its end, for which all that was pushed is read. */
  endOfDocument(): AnswerEnd | undefined;
  push(chunk: Buffer): StartVerdict;
  atDeadline(): StartVerdict;
  atEnd(): StartVerdict;
}

/** What an answer is judged as before it is given to the client; `nothing`: it is given at its headers. */
export type JudgedAs = 'message' | 'list' | 'count' | 'nothing';

/** Undefined where the answer is given at its headers. */
export function gateFor(judgedAs: JudgedAs, headers: IncomingHttpHeaders): Gate | undefined {
  if (judgedAs === 'message') return new ContentGate(headers);
  if (judgedAs === 'nothing' || !isPlain(headers)) return undefined;
  // A list as events is not held: who asks for it wants the first at once.
  const isEvents = judgedAs === 'list' && hasType(headers, 'text/event-stream');
  return isEvents ? undefined : new DocumentGate();
}

class DocumentGate implements Gate {
  readonly #start = new HeldDocument();
  /** The limit of the first byte holds for all of it. */
  readonly hasBegun = false;
  readonly head = '';

  endOfDocument(): undefined {
    return undefined;
  }

  push(chunk: Buffer): StartVerdict {
    return this.#start.push(chunk.toString('latin1'));
  }

  atDeadline(): StartVerdict {
    return this.#start.atEnd();
  }

  atEnd(): StartVerdict {
    return this.#start.atEnd();
  }
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return encoding === '' || encoding === 'identity';
}

function hasType(headers: IncomingHttpHeaders, type: string): boolean {
  return headers['content-type']?.toLowerCase().startsWith(type) === true;
}

class ContentGate implements Gate {
  readonly #start = new AnswerStart();
  /** The verdict on an answer that cannot be read here, by its label alone. */
  readonly #unread: StartVerdict | undefined;
  #head = '';

  constructor(headers: IncomingHttpHeaders) {
    if (isPlain(headers)) return;
    this.#unread = hasType(headers, 'text/html')
      ? { kind: 'fail', failure: 'not_claude' }
      : { kind: 'commit', form: 'unread' };
  }

  get head(): string {
    return this.#head;
  }

  /** Something else than white space has come. */
  get hasBegun(): boolean {
    return this.#start.hasBegun;
  }

  endOfDocument(): AnswerEnd | undefined {
    return this.#start.endOfDocument();
  }

  push(chunk: Buffer): StartVerdict {
    const text = chunk.toString('latin1');
    if (this.#head === '') this.#head = text;
    return this.#unread ?? this.#start.push(text);
  }

  atDeadline(): StartVerdict {
    return this.#start.atDeadline();
  }

  atEnd(): StartVerdict {
    return this.#start.atEnd();
  }
}
