/**
 * The end of an answer: is it whole? A JSON message is when its last brace has come, a stream when its
 * last event has. Whatever follows, however much, changes nothing.
 *
 * Each piece of a stream is searched natively for the two words that can end it; only a piece with one
 * of them is looked at by lines. Text that a model writes cannot pass for the end: line ends are
 * escaped within the JSON of its event.
 *
 *     open --(`event: message_stop` or `event: error`)--> named --(its next line)--> ended
 *     open --(`data:` of that type)-->                    ended
 */
import { JsonKeys } from '../json-keys.ts';
import { type ApiError, parseObject, readApiError } from './api-error.ts';
import { LineBuffer, linesOf } from './lines.ts';
import type { AnswerForm } from './start.ts';

export type AnswerEnding =
  | { readonly kind: 'whole' }
  /** The endpoint gave up after content; `error` where its event can be read. */
  | { readonly kind: 'error'; readonly error: ApiError | undefined };

/**
 * What an endpoint may still send behind the last event (pings, usage, `[DONE]`) reaches the client,
 * but Claude Code waits for the end: some relays never close. Their rest comes in the same packet or
 * the next; two seconds in all are what a person takes for a pause.
 */
export const REST_QUIET_MS = 250;
export const REST_MS = 2_000;

const NO_KEYS: ReadonlySet<string> = new Set();
/** A last event with the metrics that some clouds add has less than 1 KiB. */
const MAX_LINE_CHARACTERS = 8 * 1024;

/** Reads an answer as it passes; latin1: one character for each byte. */
export interface AnswerEnd {
  /** Undefined until all of the answer has come. */
  readonly ending: AnswerEnding | undefined;
  push(text: string): void;
  /** The body came to its end: what has begun counts. */
  finish(): void;
}

/** Undefined where the end cannot be seen. */
export function answerEndOf(form: AnswerForm): AnswerEnd | undefined {
  if (form === 'unread') return undefined;
  return form === 'stream' ? new StreamEnd() : new DocumentEnd();
}

class DocumentEnd implements AnswerEnd {
  readonly #keys = new JsonKeys(NO_KEYS);
  #isFinished = false;

  get ending(): AnswerEnding | undefined {
    const { status } = this.#keys;
    // What is no JSON after all is the client's to judge.
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

export class StreamEnd implements AnswerEnd {
  readonly #lines = new LineBuffer(MAX_LINE_CHARACTERS);
  #ending: AnswerEnding | undefined;
  #named: 'message_stop' | 'error' | undefined;

  get ending(): AnswerEnding | undefined {
    return this.#ending;
  }

  push(text: string): void {
    if (this.#ending === undefined) this.#read(this.#lines.take(text));
  }

  finish(): void {
    if (this.#ending !== undefined) return;
    this.#read(this.#lines.rest);
    if (this.#ending === undefined && this.#named !== undefined) this.#end(this.#named, '');
  }

  #read(whole: string): void {
    const isOfInterest =
      this.#named !== undefined || whole.includes('message_stop') || whole.includes('error');
    if (whole === '' || !isOfInterest) return;
    for (const line of linesOf(whole)) {
      this.#readLine(line);
      if (this.#ending !== undefined) return;
    }
  }

  #readLine(line: string): void {
    const data = line.startsWith('data:') ? line.slice('data:'.length) : '';
    if (this.#named !== undefined) {
      this.#end(this.#named, data);
    } else if (line.startsWith('event:')) {
      const name = line.slice('event:'.length).trim();
      if (name === 'message_stop' || name === 'error') this.#named = name;
    } else if (data.includes('"message_stop"') || data.includes('"error"')) {
      const value = parseObject(data);
      const type = value !== undefined && 'type' in value ? value.type : undefined;
      if (type === 'message_stop' || type === 'error') this.#end(type, data);
    }
  }

  #end(event: 'message_stop' | 'error', data: string): void {
    const value = event === 'error' ? parseObject(data) : undefined;
    this.#ending =
      event === 'message_stop'
        ? { kind: 'whole' }
        : { kind: event, error: value === undefined ? undefined : readApiError(value) };
  }
}
