/**
 * Buffers a success until it is clear that an answer follows: until then another endpoint can still answer
 * instead. Core's `ContentGate` decides that, for probes as for requests; this file only adds HTTP. The
 * caller buffers the bytes and passes them on unchanged; the gate reads a copy.
 */
import type { IncomingHttpHeaders } from 'node:http';

import { type AnswerEnd, BufferedDocument, ContentGate, type StartVerdict } from '@zephyr/core';

export interface Gate {
  /** The first chunk of a message as Latin-1 text; empty before it arrives, and for anything but messages. */
  readonly head: string;
  /** From here on the caller waits for the gate only. */
  readonly hasBegun: boolean;
  /** The end of a document, for which all pushed data is searched. */
  endOfDocument(): AnswerEnd | undefined;
  push(chunk: Buffer): StartVerdict;
  atDeadline(): StartVerdict;
  atEnd(): StartVerdict;
}

/** How an answer is judged before it is relayed to the client; `nothing`: relayed at its headers. */
export type JudgedAs = 'message' | 'list' | 'count' | 'nothing';

/** Undefined if the answer is relayed at its headers. */
export function gateFor(judgedAs: JudgedAs, headers: IncomingHttpHeaders): Gate | undefined {
  if (judgedAs === 'message') return new MessageGate(headers);
  if (judgedAs === 'nothing' || !isPlain(headers)) return undefined;
  // A list sent as events is not buffered: its caller wants the first one immediately.
  const isEvents = judgedAs === 'list' && hasType(headers, 'text/event-stream');
  return isEvents ? undefined : new DocumentGate();
}

class DocumentGate implements Gate {
  readonly #start = new BufferedDocument();
  /** The first-byte limit applies to all of it. */
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

class MessageGate implements Gate {
  readonly #start = new ContentGate();
  /** The verdict on an unreadable answer, from its headers only. */
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

  /** Whether anything but white space has arrived. */
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
