/**
 * The start of an answer to `POST /v1/messages`: looks at the body of a success until it is clear
 * what it is. The body decides, not its label. Whoever asks buffers the bytes meanwhile.
 *
 *     blank    --({)-->                          document --(a message's key)--> commit
 *     blank    --(a line of an event stream)-->  events   --(content)-->         commit
 *     blank    --(anything else)-->              fail
 *     document | events --(an error)-->          fail, or pass where it is the client's own
 *     any      --(MAX_START_BYTES, end, or the caller's deadline)-->  commit or fail
 *
 * Texts have one character for each byte (latin1); all that is looked for is ASCII.
 */
import { JsonKeys } from '../json-keys.ts';
import type { FailureClass } from '../types.ts';
import {
  type ApiError,
  failureOfApiError,
  parseApiError,
  parseObject,
  readApiError,
} from './api-error.ts';
import { LineBuffer, linesOf } from './lines.ts';

/** `unread`: compressed, so that nobody has looked into it. */
export type AnswerForm = 'stream' | 'document' | 'unread';

export type StartVerdict =
  | { readonly kind: 'hold' }
  /** An answer follows. */
  | { readonly kind: 'commit'; readonly form: AnswerForm }
  /** An error that is the request's own fault: the client shall see it, it counts against nobody. */
  | { readonly kind: 'pass'; readonly form: AnswerForm; readonly error: ApiError }
  | {
      readonly kind: 'fail';
      readonly failure: FailureClass;
      readonly error?: ApiError | undefined;
    };

/**
 * More than any real start, and what a read from a socket brings at once. White space alone, half a
 * line and JSON that does not say what it is end here as `not_claude`; a stream that has begun is let
 * pass.
 */
export const MAX_START_BYTES = 64 * 1024;
/**
 * Interim answers (1xx) before an answer. How long they may come is limited by the wait for the first
 * byte, which they do not prolong; one each 100 ms for ten minutes is 6,000. This many cost some
 * 20 ms: it bounds a peer that sends them as fast as it can.
 */
export const MAX_INTERIM_ANSWERS = 10_000;
/** A peer that sends so many events of the API without content is let pass: its client sees pings. */
const MAX_EVENTS = 64;

const KEYS: ReadonlySet<string> = new Set(['type', 'role', 'content', 'error']);
const HOLD: StartVerdict = { kind: 'hold' };
const NOT_CLAUDE: StartVerdict = { kind: 'fail', failure: 'not_claude' };
const COMMIT_STREAM: StartVerdict = { kind: 'commit', form: 'stream' };
const COMMIT_DOCUMENT: StartVerdict = { kind: 'commit', form: 'document' };

/** A byte order mark, as bytes or decoded, and white space. */
const BLANK = /^(?:\u00ef\u00bb\u00bf|\ufeff)?[ \t\r\n]*/;
const FIELD = /^(?:(?:event|data|id|retry)(?::|$)|:)/;
/** Types of the Messages API; those of the OpenAI Responses API have dots. */
const EVENT_TYPE = /^[a-z0-9_]{1,64}$/;

export class AnswerStart {
  /** Of what has come so far. */
  #form: 'blank' | 'document' | 'events' = 'blank';
  #bytes = 0;
  /** While blank: a byte order mark that is cut in two. A document: all of it, for its error. */
  #text = '';
  readonly #lines = new LineBuffer(MAX_START_BYTES);
  readonly #keys = new JsonKeys(KEYS);
  #name = '';
  #data: string[] = [];
  /** Whole events and comments, none of them content. */
  #events = 0;

  /** Something else than white space has come: from here on the caller's deadline runs. */
  get hasBegun(): boolean {
    return this.#form !== 'blank';
  }

  push(text: string): StartVerdict {
    this.#bytes += text.length;
    const verdict = this.#read(text);
    if (verdict.kind !== 'hold' || this.#bytes < MAX_START_BYTES) return verdict;
    return this.atDeadline();
  }

  /** Nothing more is awaited. */
  atDeadline(): StartVerdict {
    if (this.#form === 'events' && this.#events > 0) return COMMIT_STREAM;
    return this.#form === 'document' ? this.#endOfDocument() : NOT_CLAUDE;
  }

  /** The body ended while it was held. */
  atEnd(): StartVerdict {
    if (this.#form === 'document') return this.#endOfDocument();
    if (this.#form === 'blank') return NOT_CLAUDE;
    // The last event may lack its blank line.
    const last = this.#readLines(`${this.#lines.rest}\n\n`);
    if (last.kind !== 'hold') return last;
    return this.#events > 0 ? { kind: 'fail', failure: 'truncated' } : NOT_CLAUDE;
  }

  #read(text: string): StartVerdict {
    switch (this.#form) {
      case 'blank':
        return this.#readBlank(this.#text + text);
      case 'document':
        return this.#readDocument(text);
      case 'events':
        return this.#readLines(this.#lines.take(text));
    }
  }

  #readBlank(text: string): StartVerdict {
    const body = text.slice(BLANK.exec(text)?.[0].length ?? 0);
    if (body === '' || '\u00ef\u00bb\u00bf'.startsWith(body)) {
      this.#text = body;
      return HOLD;
    }
    this.#text = '';
    this.#form = body.startsWith('{') ? 'document' : 'events';
    if (this.#form === 'document') return this.#readDocument(body);
    // Half a line must at least be the start of a field: a page or a sentence is seen at once.
    if (!/^(?:[a-z]{1,5}$|(?:event|data|id|retry)[:\r\n]|:)/.test(body)) return NOT_CLAUDE;
    return this.#readLines(this.#lines.take(body));
  }

  #readDocument(text: string): StartVerdict {
    this.#text += text;
    this.#keys.push(text);
    const type = this.#keys.value('type');
    if (type?.kind === 'string' && type.text === 'message') return COMMIT_DOCUMENT;
    const isError = this.#hasError();
    const role = this.#keys.value('role');
    const isAnswer =
      this.#keys.value('content')?.kind === 'array' ||
      (role?.kind === 'string' && role.text === 'assistant');
    if (isAnswer && !isError) return COMMIT_DOCUMENT;
    return this.#keys.status === 'open' ? HOLD : this.#endOfDocument();
  }

  #hasError(): boolean {
    const type = this.#keys.value('type');
    if (type?.kind === 'string' && type.text === 'error') return true;
    const error = this.#keys.value('error');
    return error !== undefined && (error.kind !== 'literal' || error.text !== 'null');
  }

  #endOfDocument(): StartVerdict {
    const error = parseApiError(this.#text);
    if (error !== undefined) return verdictOfError(error, 'document');
    // Cut off, so that its type cannot be read.
    return this.#hasError() ? { kind: 'fail', failure: 'server_error' } : NOT_CLAUDE;
  }

  #readLines(whole: string): StartVerdict {
    for (const line of linesOf(whole)) {
      const verdict = line === '' ? this.#endOfEvent() : this.#readLine(line);
      if (verdict.kind !== 'hold') return verdict;
    }
    return this.#events >= MAX_EVENTS ? COMMIT_STREAM : HOLD;
  }

  #readLine(line: string): StartVerdict {
    if (line.startsWith(':')) {
      this.#events += 1;
      return HOLD;
    }
    const isFirst = this.#events === 0 && this.#name === '' && this.#data.length === 0;
    if (isFirst && !FIELD.test(line)) return NOT_CLAUDE;
    if (line.startsWith('event:')) this.#name = fieldOf(line, 'event:');
    else if (line.startsWith('data:')) this.#data.push(fieldOf(line, 'data:'));
    return HOLD;
  }

  /** @see https://docs.claude.com/en/api/messages-streaming */
  #endOfEvent(): StartVerdict {
    const data = this.#data.join('\n');
    const name = this.#name;
    this.#data = [];
    this.#name = '';
    if (data !== '' || name !== '') this.#events += 1;
    // Without data nobody is given an event.
    if (data === '') return HOLD;
    // As the API and nearly every relay write them: nothing need be parsed.
    if (name !== 'error' && EVENT_TYPE.test(name) && data.startsWith(`{"type":"${name}"`)) {
      return verdictOfEvent(name);
    }
    return this.#judgeData(parseObject(data) ?? {}, name);
  }

  #judgeData(value: object, name: string): StartVerdict {
    const type = 'type' in value && typeof value.type === 'string' ? value.type : '';
    const isError = type === 'error' || name === 'error';
    const error = isError || type === '' ? readApiError(value) : undefined;
    if (error !== undefined) return verdictOfError(error, 'stream');
    return isError ? { kind: 'fail', failure: 'server_error' } : verdictOfEvent(type);
  }
}

/** Every event of the Messages API has a type; another API's chunks or `[DONE]` have none. */
function verdictOfEvent(type: string): StartVerdict {
  if (!EVENT_TYPE.test(type)) return NOT_CLAUDE;
  return type === 'message_start' || type === 'ping' ? HOLD : COMMIT_STREAM;
}

function verdictOfError(error: ApiError, form: AnswerForm): StartVerdict {
  const failure = failureOfApiError(error);
  if (failure === 'client_error') return { kind: 'pass', form, error };
  return { kind: 'fail', failure, error };
}

/** One blank behind the colon belongs to the field's syntax. */
function fieldOf(line: string, name: string): string {
  return line.slice(line.startsWith(' ', name.length) ? name.length + 1 : name.length);
}
