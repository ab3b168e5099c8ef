/**
 * The start of an answer to `POST /v1/messages`: reads the body of a success until its kind is clear. The
 * body decides, not its content type. The caller buffers the bytes meanwhile.
 *
 *     blank    --({)-->                          document --(a message's key)--> commit
 *     blank    --(a line of an event stream)-->  events   --(content)-->         commit
 *     blank    --(anything else)-->              fail
 *     document | events --(an error)-->          fail, or pass if the request is at fault
 *     any      --(MAX_START_BYTES, end, or the caller's deadline)-->  commit or fail
 *
 * Texts have one character per byte (latin1); all search patterns are ASCII.
 */

import type { FailureClass } from '@zephyr/contract/failure';
import { KIB } from '@zephyr/contract/units';

import { JsonKeyReader } from '../json-key-reader.ts';
import {
  type ApiError,
  failureOfApiError,
  parseApiError,
  parseObject,
  readApiError,
} from './api-error.ts';
import { type AnswerEnd, type AnswerForm, DocumentEnd, USAGE_KEY } from './end.ts';
import { LineBuffer, linesOf } from './lines.ts';
import { wholeMessageIn } from './whole-message.ts';

export type StartVerdict =
  | { readonly kind: 'buffer' }
  /** An answer follows. */
  | { readonly kind: 'commit'; readonly form: AnswerForm }
  /** An error that is the request's own fault: passed to the client, not held against the endpoint. */
  | { readonly kind: 'pass'; readonly form: AnswerForm; readonly error: ApiError }
  | {
      readonly kind: 'fail';
      readonly failure: FailureClass;
      readonly error?: ApiError | undefined;
    };

/**
 * More than any real start, and the most that one read from a socket returns. At this limit a stream that
 * has begun is passed on; white space, half a line and unidentified JSON fail as `not_claude`.
 */
export const MAX_START_BYTES = 64 * KIB;
/**
 * Interim answers (1xx) before an answer. They do not extend the wait for the first byte, so one every
 * 100 ms for ten minutes makes 6,000. This many cost about 20 ms, which bounds a peer that sends them as
 * fast as it can.
 */
export const MAX_INTERIM_ANSWERS = 10_000;
/** After this many API events without content a stream is passed on: the client sees pings. */
const MAX_EVENTS = 64;

const KEYS: ReadonlySet<string> = new Set(['type', 'role', 'content', 'error', USAGE_KEY]);
export const BUFFER: StartVerdict = { kind: 'buffer' };
export const NOT_CLAUDE: StartVerdict = { kind: 'fail', failure: 'not_claude' };
const COMMIT_STREAM: StartVerdict = { kind: 'commit', form: 'stream' };
const COMMIT_DOCUMENT: StartVerdict = { kind: 'commit', form: 'document' };

/** A byte order mark, as bytes or decoded, and white space. */
const BLANK = /^(?:\u00ef\u00bb\u00bf|\ufeff)?[ \t\r\n]*/;
const FIELD = /^(?:(?:event|data|id|retry)(?::|$)|:)/;
/** Event types of the Messages API; those of the OpenAI Responses API have dots. */
const EVENT_TYPE = /^[a-z0-9_]{1,64}$/;

export class ContentGate {
  /** The kind of body, as far as known. */
  #form: 'blank' | 'document' | 'events' = 'blank';
  #bytes = 0;
  /** While blank: the start of a byte order mark. For a document: all of it, for its error. */
  #text = '';
  readonly #lines = new LineBuffer(MAX_START_BYTES);
  readonly #keys = new JsonKeyReader(KEYS);
  /** Set for a message that arrived in one piece. */
  #end: AnswerEnd | undefined;
  #name = '';
  #data: string[] = [];
  /** Complete events and comments, none of them content. */
  #events = 0;

  /** More than white space has arrived: the caller's deadline runs from here. */
  get hasBegun(): boolean {
    return this.#form !== 'blank';
  }

  /** For a document: its end, which has read all that was pushed. */
  endOfDocument(): AnswerEnd | undefined {
    return this.#form === 'document' ? (this.#end ?? new DocumentEnd(this.#keys)) : undefined;
  }

  push(text: string): StartVerdict {
    this.#bytes += text.length;
    const verdict = this.#read(text);
    if (verdict.kind !== 'buffer' || this.#bytes < MAX_START_BYTES) return verdict;
    return this.atDeadline();
  }

  /** The verdict when the caller stops waiting. */
  atDeadline(): StartVerdict {
    if (this.#form === 'events' && this.#events > 0) return COMMIT_STREAM;
    return this.#form === 'document' ? this.#verdictOnDocument() : NOT_CLAUDE;
  }

  /** The verdict when the body has ended. */
  atEnd(): StartVerdict {
    if (this.#form === 'document') return this.#verdictOnDocument();
    if (this.#form === 'blank') return NOT_CLAUDE;
    // The last event may lack its blank line.
    const last = this.#readLines(`${this.#lines.rest}\n\n`);
    if (last.kind !== 'buffer') return last;
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
    const body = text.startsWith('{') ? text : text.slice(BLANK.exec(text)?.[0].length ?? 0);
    // An empty body is a prefix of a byte order mark too.
    if ('\u00ef\u00bb\u00bf'.startsWith(body)) {
      this.#text = body;
      return BUFFER;
    }
    this.#text = '';
    this.#form = body.startsWith('{') ? 'document' : 'events';
    if (this.#form === 'document') {
      this.#end = wholeMessageIn(body);
      return this.#end === undefined ? this.#readDocument(body) : COMMIT_DOCUMENT;
    }
    // Half a line must at least be the start of a field, so that a page or sentence is detected early.
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
    return this.#keys.status === 'open' ? BUFFER : this.#verdictOnDocument();
  }

  #hasError(): boolean {
    const type = this.#keys.value('type');
    if (type?.kind === 'string' && type.text === 'error') return true;
    const error = this.#keys.value('error');
    return error !== undefined && (error.kind !== 'literal' || error.text !== 'null');
  }

  #verdictOnDocument(): StartVerdict {
    const error = parseApiError(this.#text);
    if (error !== undefined) return verdictOfError(error, 'document');
    // Truncated, so that its type cannot be read.
    return this.#hasError() ? { kind: 'fail', failure: 'server_error' } : NOT_CLAUDE;
  }

  #readLines(whole: string): StartVerdict {
    for (const line of linesOf(whole)) {
      const verdict = line === '' ? this.#endOfEvent() : this.#readLine(line);
      if (verdict.kind !== 'buffer') return verdict;
    }
    return this.#events >= MAX_EVENTS ? COMMIT_STREAM : BUFFER;
  }

  #readLine(line: string): StartVerdict {
    if (line.startsWith(':')) {
      this.#events += 1;
      return BUFFER;
    }
    const isFirst = this.#events === 0 && this.#name === '' && this.#data.length === 0;
    if (isFirst && !FIELD.test(line)) return NOT_CLAUDE;
    if (line.startsWith('event:')) this.#name = fieldOf(line, 'event:');
    else if (line.startsWith('data:')) this.#data.push(fieldOf(line, 'data:'));
    return BUFFER;
  }

  /** @see https://docs.claude.com/en/api/messages-streaming */
  #endOfEvent(): StartVerdict {
    const data = this.#data.join('\n');
    const name = this.#name;
    this.#data = [];
    this.#name = '';
    if (data !== '' || name !== '') this.#events += 1;
    // An event without data is not dispatched.
    if (data === '') return BUFFER;
    // The form that the API and nearly every gateway send: needs no parsing.
    if (name !== 'error' && EVENT_TYPE.test(name) && data.startsWith(`{"type":"${name}"`)) {
      return verdictOfEvent(name, () => parseObject(data) ?? {});
    }
    return this.#judgeData(parseObject(data) ?? {}, name);
  }

  #judgeData(value: object, name: string): StartVerdict {
    const type = 'type' in value && typeof value.type === 'string' ? value.type : '';
    const isError = type === 'error' || name === 'error';
    const error = isError || type === '' ? readApiError(value) : undefined;
    if (error !== undefined) return verdictOfError(error, 'stream');
    return isError ? { kind: 'fail', failure: 'server_error' } : verdictOfEvent(type, () => value);
  }
}

/** Every event of the Messages API has a type; chunks of other APIs and `[DONE]` have none. */
function verdictOfEvent(type: string, read: () => object): StartVerdict {
  if (!EVENT_TYPE.test(type)) return NOT_CLAUDE;
  if (type === 'message_start' || type === 'ping') return BUFFER;
  return type === 'content_block_start' && isEmptyBlockStart(read()) ? BUFFER : COMMIT_STREAM;
}

/**
 * The start of a text or tool input has no content yet, and its first delta follows immediately: after an
 * error in between another endpoint can still answer. Thinking may be silent for long after its start, and
 * other blocks are complete in their start.
 */
function isEmptyBlockStart(event: object): boolean {
  const block = 'content_block' in event ? event.content_block : undefined;
  if (typeof block !== 'object' || block === null || !('type' in block)) return false;
  if (block.type === 'text') return 'text' in block && block.text === '';
  return block.type === 'tool_use' && 'input' in block && isEmpty(block.input);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function verdictOfError(error: ApiError, form: AnswerForm): StartVerdict {
  const failure = failureOfApiError(error);
  if (failure === 'client_error') return { kind: 'pass', form, error };
  return { kind: 'fail', failure, error };
}

/** One space after the colon is part of the field syntax. */
function fieldOf(line: string, name: string): string {
  return line.slice(line.startsWith(' ', name.length) ? name.length + 1 : name.length);
}
