/**
 * The content gate: looks at the start of a 200 until it is clear that an answer follows.
 * Until then nothing of it is given to the client, so another endpoint can still answer instead.
 *
 *     holding --(content)-->                          commit
 *     holding --(enough events or bytes)-->           commit
 *     holding --(error, page, wrong type, empty)-->   fail
 *
 * The caller keeps the bytes and passes them on exactly as they came; the gate reads a copy.
 */
import type { FailureClass } from '@zephyr/core';

export type GateKind = 'messages' | 'count_tokens' | 'other';

export type GateVerdict =
  | { readonly kind: 'hold' }
  | { readonly kind: 'commit' }
  | { readonly kind: 'fail'; readonly failure: FailureClass };

const HOLD: GateVerdict = { kind: 'hold' };
const COMMIT: GateVerdict = { kind: 'commit' };
const NOT_CLAUDE: GateVerdict = { kind: 'fail', failure: 'not_claude' };

/** More than any real start of a stream; a peer that talks this long without content is let pass. */
const MAX_EVENTS = 64;
const MAX_EVENT_STREAM_BYTES = 64 * 1024;
/** A JSON answer tells what it is within its first keys. */
const MAX_JSON_BYTES = 4 * 1024;

/** Behind a byte order mark and white space. */
const FIRST_CHARACTER = /^(?:\u00ef\u00bb\u00bf)?\s*(\S)/;
const JSON_ERROR = /^\s*\{\s*"(?:type"\s*:\s*"error"|error"\s*:)/;
const JSON_MESSAGE = /"type"\s*:\s*"message"|"role"\s*:\s*"assistant"|"content"\s*:\s*\[/;

/** By the type of an error object, where the Messages API names one. */
const ERROR_TYPES: readonly (readonly [string, FailureClass | 'client'])[] = [
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limited'],
  ['authentication_error', 'token_refused'],
  ['permission_error', 'token_refused'],
  ['billing_error', 'credit'],
  ['invalid_request_error', 'client'],
  ['not_found_error', 'client'],
  ['request_too_large', 'client'],
];

export interface GateInput {
  readonly kind: GateKind;
  readonly contentType: string;
  /** Compressed answers cannot be read here; their first byte counts as content. */
  readonly encoded: boolean;
}

export class ContentGate {
  readonly #input: GateInput;
  readonly #isEventStream: boolean;
  #text = '';
  /** Where the first event that was not looked at begins. */
  #next = 0;
  #events = 0;

  constructor(input: GateInput) {
    this.#input = input;
    this.#isEventStream = input.contentType.startsWith('text/event-stream');
  }

  /** Whole events seen, none of them content. */
  get events(): number {
    return this.#events;
  }

  push(chunk: Buffer): GateVerdict {
    if (this.#input.contentType.startsWith('text/html')) return NOT_CLAUDE;
    if (this.#input.encoded) return COMMIT;
    // Latin-1 keeps one character per byte; all that is searched for is ASCII.
    this.#text += chunk.toString('latin1');
    const first = this.#firstCharacter();
    if (first === '') return HOLD;
    if (this.#isEventStream && first !== '{' && first !== '<') return this.#readEvents();
    return this.#readDocument(first);
  }

  /** The answer ended while it was held. */
  end(): GateVerdict {
    if (this.#input.contentType.startsWith('text/html')) return NOT_CLAUDE;
    if (this.#isEventStream) {
      return this.#events > 0 ? { kind: 'fail', failure: 'truncated' } : NOT_CLAUDE;
    }
    return this.#input.kind === 'other' ? COMMIT : NOT_CLAUDE;
  }

  #firstCharacter(): string {
    return FIRST_CHARACTER.exec(this.#text)?.[1] ?? '';
  }

  #readDocument(first: string): GateVerdict {
    if (JSON_ERROR.test(this.#text)) return verdictOfError(this.#text);
    if (this.#input.kind === 'other') return COMMIT;
    if (first !== '{' || !this.#input.contentType.includes('json')) return NOT_CLAUDE;
    const complete =
      this.#input.kind === 'messages'
        ? JSON_MESSAGE.test(this.#text)
        : this.#text.includes('"input_tokens"');
    return complete || this.#text.length >= MAX_JSON_BYTES ? COMMIT : HOLD;
  }

  #readEvents(): GateVerdict {
    for (;;) {
      const end = endOfEvent(this.#text, this.#next);
      if (end === undefined) break;
      const event = this.#text.slice(this.#next, end);
      this.#next = end;
      const verdict = judgeEvent(event);
      if (verdict.kind !== 'hold') return verdict;
      this.#events += 1;
    }
    const much = this.#events >= MAX_EVENTS || this.#text.length >= MAX_EVENT_STREAM_BYTES;
    return much ? COMMIT : HOLD;
  }
}

/** Just behind the blank line that ends the event; undefined while the event is incomplete. */
function endOfEvent(text: string, from: number): number | undefined {
  const unix = text.indexOf('\n\n', from);
  const network = text.indexOf('\r\n\r\n', from);
  if (network !== -1 && (unix === -1 || network < unix)) return network + 4;
  return unix === -1 ? undefined : unix + 2;
}

/** @see https://docs.claude.com/en/api/messages-streaming */
function judgeEvent(event: string): GateVerdict {
  const data = /^data:[ ]?(.*)$/m.exec(event)?.[1];
  if (data === undefined) return HOLD;
  const name =
    /^event:[ ]?(\S+)/m.exec(event)?.[1] ?? /"type"\s*:\s*"([a-z_]+)"/.exec(data)?.[1] ?? '';
  if (name === 'message_start' || name === 'ping') return HOLD;
  if (name === 'error' || JSON_ERROR.test(data)) return verdictOfError(data);
  // Every event of the Messages API has a type; another API's chunks or `[DONE]` have none.
  return /"type"\s*:\s*"/.test(data) ? COMMIT : NOT_CLAUDE;
}

function verdictOfError(text: string): GateVerdict {
  const known = ERROR_TYPES.find(([type]) => text.includes(type))?.[1];
  if (known === 'client') return COMMIT;
  return { kind: 'fail', failure: known ?? 'server_error' };
}
