/**
 * The end of a streamed answer: has its last event come? Whatever follows it, however much, changes
 * nothing. Each piece is searched natively for the two words that can end an answer; only a piece
 * with one of them is looked at by lines. Text that a model writes cannot pass for the end: line ends
 * are escaped within the JSON of its event.
 *
 *     open --(`event: message_stop` or `event: error`)--> named --(its next line)--> ended
 *     open --(`data:` of that type)-->                    ended
 */
import { type ApiError, parseObject, readApiError } from './api-error.ts';
import { LineBuffer, linesOf } from './lines.ts';

export type AnswerEnding =
  | { readonly kind: 'message_stop' }
  /** The endpoint gave up after content; `error` where its event can be read. */
  | { readonly kind: 'error'; readonly error: ApiError | undefined };

/**
 * What an endpoint may still send behind the last event (pings, usage, `[DONE]`) reaches the client,
 * but Claude Code waits for the end: some relays never close. Their rest comes in the same packet or
 * the next; two seconds in all are what a person takes for a pause.
 */
export const REST_QUIET_MS = 250;
export const REST_MS = 2_000;

/** A last event with the metrics that some clouds add has less than 1 KiB. */
const MAX_LINE_CHARACTERS = 8 * 1024;

export class AnswerEnd {
  readonly #lines = new LineBuffer(MAX_LINE_CHARACTERS);
  #ending: AnswerEnding | undefined;
  #named: AnswerEnding['kind'] | undefined;

  /** Undefined until the last event has come. */
  get ending(): AnswerEnding | undefined {
    return this.#ending;
  }

  /** Latin1: one character for each byte. */
  push(text: string): void {
    if (this.#ending === undefined) this.#read(this.#lines.take(text));
  }

  /** The body came to its end: what has begun counts as whole. */
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

  #end(kind: AnswerEnding['kind'], data: string): void {
    const value = kind === 'error' ? parseObject(data) : undefined;
    this.#ending =
      kind === 'message_stop'
        ? { kind }
        : { kind, error: value === undefined ? undefined : readApiError(value) };
  }
}
