/**
 * Whether an answer is complete, and the tokens that it has reported. A JSON message is complete at its
 * last brace, a stream at its last event; anything after that is irrelevant.
 *
 * Each piece of a stream is searched natively for the names of the events that matter, and only a piece
 * with one of them is read by lines. A model's text cannot be mistaken for such an event: its line ends
 * are escaped in the JSON of an event.
 *
 *     open --(`event: message_stop` or `event: error`)--> named --(its next line)--> ended
 *     open --(`data:` of that type)-->                    ended
 */
import { KIB } from '@zephyr/contract/units';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';

import { JsonKeyReader } from '../json-key-reader.ts';
import { type ApiError, parseObject, readApiError } from './api-error.ts';
import { LineBuffer, linesOf } from './lines.ts';
import { largerUsage, usageOfEvent, usageOfText } from './token-usage.ts';

/** `unread`: compressed, so that its content is not read. */
export type AnswerForm = 'stream' | 'document' | 'unread';

export type AnswerEnding =
  | { readonly kind: 'whole' }
  /** The endpoint reported an error after content; `error` is set if its event can be parsed. */
  | { readonly kind: 'error'; readonly error: ApiError | undefined };

export const USAGE_KEY = 'usage';
const KEYS: ReadonlySet<string> = new Set([USAGE_KEY]);
/** A last event with the metrics that some clouds add is less than 1 KiB long. */
const MAX_LINE_CHARACTERS = 8 * KIB;

/** Reads an answer as it streams, one character per byte (latin1). */
export interface AnswerEnd {
  /** Undefined while the answer is not complete. */
  readonly ending: AnswerEnding | undefined;
  /** As reported so far; undefined if it was not. */
  readonly usage: AnswerUsage | undefined;
  push(text: string): void;
  /** The body ended: an event that has begun counts. */
  finish(): void;
}

/** Undefined if the answer cannot be read. */
export function answerEndOf(form: AnswerForm): AnswerEnd | undefined {
  if (form === 'unread') return undefined;
  return form === 'stream' ? new StreamEnd() : new DocumentEnd();
}

export class DocumentEnd implements AnswerEnd {
  readonly #keys: JsonKeyReader;
  #isFinished = false;
  /** A cache of its text and the parsed value, which is read twice, by the counts and by the ledger. */
  #usageText = '';
  #usage: AnswerUsage | undefined;

  /** @param keys wanting `USAGE_KEY`; reading continues from its position */
  constructor(keys = new JsonKeyReader(KEYS)) {
    this.#keys = keys;
  }

  get usage(): AnswerUsage | undefined {
    const usage = this.#keys.value(USAGE_KEY);
    const text = usage?.kind === 'object' ? usage.text : '';
    if (text !== this.#usageText) {
      this.#usageText = text;
      this.#usage = usageOfText(text);
    }
    return this.#usage;
  }

  get ending(): AnswerEnding | undefined {
    const { status } = this.#keys;
    // If the text is not JSON after all, that is for the client to judge.
    const isWhole = status === 'closed' || (status === 'broken' && this.#isFinished);
    return isWhole ? { kind: 'whole' } : undefined;
  }

  push(text: string): void {
    this.#keys.push(text);
  }

  finish(): void {
    this.#isFinished = true;
  }
}

type LastEvent = 'message_stop' | 'error';

type StreamState =
  | { readonly status: 'open' }
  | { readonly status: 'named'; readonly event: LastEvent }
  | { readonly status: 'ended'; readonly ending: AnswerEnding };

const OPEN: StreamState = { status: 'open' };

export class StreamEnd implements AnswerEnd {
  /** Absent until a piece ends within a line, which the events of most streams never do. */
  #lines: LineBuffer | undefined;
  #state: StreamState = OPEN;
  #usage: AnswerUsage | undefined;

  get usage(): AnswerUsage | undefined {
    return this.#usage;
  }

  get ending(): AnswerEnding | undefined {
    return this.#state.status === 'ended' ? this.#state.ending : undefined;
  }

  push(text: string): void {
    if (this.#state.status === 'ended') return;
    if (this.#lines === undefined && !text.endsWith('\n')) {
      this.#lines = new LineBuffer(MAX_LINE_CHARACTERS);
    }
    this.#read(this.#lines === undefined ? text : this.#lines.take(text));
  }

  finish(): void {
    if (this.#state.status === 'ended') return;
    this.#read(this.#lines?.rest ?? '');
    if (this.#state.status === 'named') this.#end(this.#state.event, '');
  }

  #read(whole: string): void {
    const isOfInterest =
      this.#state.status === 'named' || whole.includes('message_') || whole.includes('error');
    if (whole === '' || !isOfInterest) return;
    for (const line of linesOf(whole)) {
      this.#readLine(line);
      if (this.#state.status === 'ended') return;
    }
  }

  #readLine(line: string): void {
    const data = line.startsWith('data:') ? line.slice('data:'.length) : '';
    if (this.#state.status === 'named') {
      this.#end(this.#state.event, data);
    } else if (line.startsWith('event:')) {
      const event = line.slice('event:'.length).trim();
      if (event === 'message_stop' || event === 'error') this.#state = { status: 'named', event };
    } else if (data !== '') {
      this.#readData(data);
    }
  }

  #readData(data: string): void {
    if (data.includes('"message_stop"') || data.includes('"error"')) {
      const value = parseObject(data);
      const type = value !== undefined && 'type' in value ? value.type : undefined;
      if (type === 'message_stop' || type === 'error') this.#end(type, data);
    }
    const usage = usageOfEvent(data);
    if (usage !== undefined) this.#usage = largerUsage(this.#usage, usage);
  }

  #end(event: LastEvent, data: string): void {
    const value = event === 'error' ? parseObject(data) : undefined;
    const ending: AnswerEnding =
      event === 'message_stop'
        ? { kind: 'whole' }
        : { kind: event, error: value === undefined ? undefined : readApiError(value) };
    this.#state = { status: 'ended', ending };
  }
}
