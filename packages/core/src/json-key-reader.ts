/**
 * Reads the values of a few top-level keys of a JSON object from its text as it streams, one character
 * per byte (latin1). Only these values are parsed or copied, strings are skipped natively, nesting is only
 * counted. Linear in the text, however it is split into pieces.
 *
 *     start --({)--> key <--(,)-- after --(})--> closed
 *     key --(name and colon)--> value --(its end)--> after
 *     any --(not a JSON object)--> broken
 *
 * It does not validate: text that is not JSON may give any result.
 */

import { BACKSLASH, decodedName, plainEnd, unescaped } from './json-string.ts';

/** The value of a key: a string's text with escapes resolved, another scalar's raw text. */
export type JsonValue =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'literal'; readonly text: string }
  /** The value has begun. `text`: all of it once it has ended; empty until then, and if it is too long. */
  | { readonly kind: 'object' | 'array'; readonly text: string };

/** The range of a value, in characters from the start of the text; includes the quotes of a string. */
export interface TextRange {
  readonly from: number;
  readonly to: number;
}

/** The state of one wanted key. */
interface WantedKey {
  /** How often it has occurred, in any case. */
  times: number;
  /** Undefined while it has occurred only in another case. */
  value: JsonValue | undefined;
  /** Of the value, if that is a string. */
  range: TextRange | undefined;
}

type ScanStatus =
  | 'start'
  | 'key'
  | 'in_key'
  | 'colon'
  | 'value'
  | 'in_string'
  | 'in_literal'
  | 'nested'
  | 'in_nested_string'
  | 'after'
  | 'closed'
  | 'broken';

/** Six characters per character of a name, if all are escaped (`\u006d`). */
const MAX_KEY_CHARACTERS = 128;
/** Longer than any wanted value; a longer string counts as empty. */
const MAX_STRING_CHARACTERS = 1024;
const MAX_LITERAL_CHARACTERS = 32;
/** For an object or array; a `usage` has a few hundred. */
const MAX_NESTED_CHARACTERS = 4096;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class JsonKeyReader {
  readonly #wanted: ReadonlySet<string>;
  #found: Map<string, WantedKey> | undefined;
  /** Characters in the previous pieces. */
  #before = 0;
  /** Start of the string being read. */
  #beganAt = 0;
  #status: ScanStatus = 'start';
  /** Nesting depth of the value being skipped. */
  #depth = 0;
  /** The key, string or literal being read, as far as it is of interest. */
  #raw = '';
  /** Of the key whose value follows; undefined if that is not wanted. */
  #current: WantedKey | undefined;
  /** Start of the wanted object or array being read; undefined while there is none. */
  #nestedFrom: number | undefined;
  /** Its text in the previous pieces. */
  #nested = '';
  /** The last character was a backslash that escapes the next one. */
  #isEscaped = false;

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  get status(): 'open' | 'closed' | 'broken' {
    return this.#status === 'closed' || this.#status === 'broken' ? this.#status : 'open';
  }

  /** The last value of a repeated key, as in `JSON.parse`. */
  value(key: string): JsonValue | undefined {
    return this.#found?.get(key)?.value;
  }

  /**
   * Whether the key occurs more than once, in any case: some servers take the first, most the last, and
   * those written in Go ignore case.
   */
  isRepeated(key: string): boolean {
    return (this.#found?.get(key)?.times ?? 0) > 1;
  }

  /** Of the last value of a key, if it is a string. */
  rangeOf(key: string): TextRange | undefined {
    return this.#found?.get(key)?.range;
  }

  push(text: string): void {
    let at = 0;
    while (at < text.length && this.status === 'open') at = this.#step(text, at);
    if (this.#nestedFrom !== undefined) this.#collectNested(text, text.length);
    this.#before += text.length;
  }

  /** @returns The index to continue at. */
  #step(text: string, at: number): number {
    switch (this.#status) {
      case 'in_key':
      case 'in_string':
      case 'in_nested_string':
        return this.#readString(text, at);
      case 'in_literal':
        return this.#readLiteral(text, at);
      case 'nested':
        return this.#skipNested(text, at);
      default:
        return this.#readStructure(text, at);
    }
  }

  #readStructure(text: string, at: number): number {
    const character = text.charCodeAt(at);
    if (isSpace(character)) return at + 1;
    if (this.#status === 'key' && character === QUOTE) return this.#readKey(text, at + 1);
    if (this.#status === 'value') {
      this.#beganAt = this.#before + at;
      this.#beginValue(character);
    } else {
      this.#status = afterMark(this.#status, character);
    }
    return at + 1;
  }

  #readKey(text: string, from: number): number {
    const end = plainEnd(text, from);
    if (end === -1) {
      this.#begin('in_key');
      return from;
    }
    this.#setKey(text.slice(from, Math.min(end, from + MAX_KEY_CHARACTERS + 1)));
    return end + 1;
  }

  #setKey(raw: string): void {
    const key = decodedName(raw);
    const isWanted = this.#wanted.has(key);
    const name = isWanted ? key : key.toLowerCase();
    const found = isWanted || this.#wanted.has(name) ? this.#count(name) : undefined;
    this.#current = isWanted ? found : undefined;
    this.#status = 'colon';
  }

  #count(name: string): WantedKey {
    this.#found ??= new Map();
    const found = this.#found.get(name) ?? { times: 0, value: undefined, range: undefined };
    found.times += 1;
    this.#found.set(name, found);
    return found;
  }

  #begin(status: 'in_key' | 'in_string' | 'in_literal'): void {
    this.#status = status;
    this.#raw = '';
  }

  #beginValue(character: number): void {
    if (character === QUOTE) {
      this.#begin('in_string');
    } else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      if (this.#current !== undefined) {
        this.#set({ kind: character === OPEN_BRACE ? 'object' : 'array', text: '' });
        this.#nestedFrom = this.#beganAt;
        this.#nested = '';
      }
      this.#depth = 1;
      this.#status = 'nested';
    } else if (character === COMMA || character === CLOSE_BRACE || character === CLOSE_BRACKET) {
      this.#status = 'broken';
    } else {
      this.#begin('in_literal');
      this.#raw = String.fromCharCode(character);
    }
  }

  #readString(text: string, from: number): number {
    const end = this.#endOfString(text, from);
    this.#collect(text, from, end === -1 ? text.length : end);
    if (end === -1) return text.length;
    if (this.#status === 'in_key') {
      this.#setKey(this.#raw);
    } else if (this.#status === 'in_string') {
      if (this.#current !== undefined) this.#endWanted(end + 1);
      this.#status = 'after';
    } else {
      this.#status = 'nested';
    }
    return end + 1;
  }

  #endWanted(to: number): void {
    const isTooLong = this.#raw.length > MAX_STRING_CHARACTERS;
    const text = isTooLong ? '' : unescaped(this.#raw);
    this.#set({ kind: 'string', text }, { from: this.#beganAt, to: this.#before + to });
  }

  /** The quote that ends it; -1 if it continues in the next piece. */
  #endOfString(text: string, from: number): number {
    for (let next = from; ; ) {
      const quote = text.indexOf('"', next);
      const end = quote === -1 ? text.length : quote;
      let backslashes = 0;
      // Stops at the quote that the string begins with, or at the start of the piece.
      while (text.charCodeAt(end - backslashes - 1) === BACKSLASH) backslashes += 1;
      // A run of backslashes at the start of this piece continues that of the previous one.
      const isRunFromBefore = this.#isEscaped && end - backslashes === from;
      const isEscaped = backslashes % 2 === (isRunFromBefore ? 0 : 1);
      if (quote === -1) {
        this.#isEscaped = isEscaped;
        return -1;
      }
      if (!isEscaped) {
        this.#isEscaped = false;
        return quote;
      }
      next = quote + 1;
    }
  }

  #collect(text: string, from: number, to: number): void {
    if (this.#status === 'in_nested_string') return;
    if (this.#status === 'in_string' && this.#current === undefined) return;
    const limit = this.#status === 'in_key' ? MAX_KEY_CHARACTERS : MAX_STRING_CHARACTERS;
    // One more than the limit shows that it is too long.
    const room = limit + 1 - this.#raw.length;
    this.#raw += text.slice(from, Math.min(to, from + room));
  }

  #readLiteral(text: string, from: number): number {
    let at = from;
    while (at < text.length && !isLiteralEnd(text.charCodeAt(at))) at += 1;
    const room = MAX_LITERAL_CHARACTERS - this.#raw.length;
    this.#raw += text.slice(from, Math.min(at, from + room));
    if (at === text.length) return at;
    this.#set({ kind: 'literal', text: this.#raw });
    this.#status = 'after';
    return at;
  }

  #skipNested(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const character = text.charCodeAt(at);
      if (character === QUOTE) {
        const end = plainEnd(text, at + 1);
        if (end === -1) {
          this.#status = 'in_nested_string';
          return at + 1;
        }
        at = end;
      } else {
        this.#depth += depthAdded(character);
        if (this.#depth === 0) return this.#leaveNested(text, at + 1);
      }
    }
    return text.length;
  }

  #leaveNested(text: string, at: number): number {
    if (this.#nestedFrom !== undefined) this.#endNested(text, at);
    this.#status = 'after';
    return at;
  }

  #collectNested(text: string, to: number): void {
    if (this.#nested.length > MAX_NESTED_CHARACTERS) return;
    const from = Math.max(0, (this.#nestedFrom ?? 0) - this.#before);
    // One more than the limit shows that it is too long.
    const room = MAX_NESTED_CHARACTERS + 1 - this.#nested.length;
    this.#nested += text.slice(from, Math.min(to, from + room));
  }

  #endNested(text: string, to: number): void {
    this.#collectNested(text, to);
    const kind = this.#nested.startsWith('{') ? 'object' : 'array';
    const isTooLong = this.#nested.length > MAX_NESTED_CHARACTERS;
    this.#set({ kind, text: isTooLong ? '' : this.#nested });
    this.#nestedFrom = undefined;
    this.#nested = '';
  }

  #set(value: JsonValue, range?: TextRange): void {
    if (this.#current === undefined) return;
    this.#current.value = value;
    this.#current.range = range;
  }
}

/** Between keys and values, where one character decides what follows. */
function afterMark(status: ScanStatus, character: number): ScanStatus {
  if (status === 'start') return character === OPEN_BRACE ? 'key' : 'broken';
  if (status === 'colon') return character === COLON ? 'value' : 'broken';
  if (status === 'after' && character === COMMA) return 'key';
  return character === CLOSE_BRACE ? 'closed' : 'broken';
}

function depthAdded(character: number): -1 | 0 | 1 {
  if (character === OPEN_BRACE || character === OPEN_BRACKET) return 1;
  return character === CLOSE_BRACE || character === CLOSE_BRACKET ? -1 : 0;
}

function isSpace(character: number): boolean {
  return character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;
}

function isLiteralEnd(character: number): boolean {
  return (
    isSpace(character) ||
    character === COMMA ||
    character === CLOSE_BRACE ||
    character === CLOSE_BRACKET
  );
}
