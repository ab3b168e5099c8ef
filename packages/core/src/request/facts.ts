/**
 * What a request's body asks for, from its top-level keys alone: tool inputs in its history may contain
 * `{"stream": true}` or `{"model": "…"}` at any depth. Texts have one character per byte (latin1).
 */
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';

import { JsonKeyReader, type TextRange } from '../json-key-reader.ts';

export type { TextRange };

export interface RequestFacts {
  /** Whether a streaming answer is requested; undefined while the body does not say. */
  readonly isStream: boolean | undefined;
  /** At most `MAX_MODEL_CHARACTERS`; empty if unknown. */
  readonly model: string;
}

const MODEL_FIRST = new RegExp(
  String.raw`^\s{0,16}\{\s{0,16}"model"\s{0,16}:\s{0,16}"[\x20\x21\x23-\x5b\x5d-\x7e]{0,${MAX_MODEL_CHARACTERS}}"\s{0,16}[,}]`,
);
const STREAM_LAST = /[,{]\s{0,16}"stream"\s{0,16}:\s{0,16}(?:true|false)\s{0,16}\}\s{0,16}$/;

/** How much of a body's start and end `quickFacts` needs. */
export const QUICK_START_BYTES = 192;
export const QUICK_END_BYTES = 128;

/**
 * The facts if `model` is the first key and `stream` the last, as Claude Code writes them: reads both ends
 * instead of scanning, which for 100 KB costs as much as all the rest of the proxy.
 *
 * Exact unless the text repeats `model` in between, which no client does by accident; if a failure is held
 * against a model, or another model answers, `RequestScan` decides. `stream` cannot be part of a string or
 * nested: the last quote of the text ends the last key, and the quote before it, without a backslash in
 * front, begins that key.
 *
 * @returns Undefined if the keys are elsewhere.
 */
export function quickFacts(start: string, end: string): RequestFacts | undefined {
  if (!MODEL_FIRST.test(start) || !STREAM_LAST.test(end)) return undefined;
  // A match with groups would allocate an array of strings, most of the cost of this function.
  const from = start.indexOf('"', start.indexOf(':')) + 1;
  return {
    isStream: end.lastIndexOf('true') > end.lastIndexOf(':'),
    model: modelOf(start.slice(from, start.indexOf('"', from))),
  };
}

const KEYS: ReadonlySet<string> = new Set(['model', 'stream']);

/** Scans a whole body as it streams. */
export class RequestScan {
  readonly #keys = new JsonKeyReader(KEYS);

  push(text: string): void {
    this.#keys.push(text);
  }

  /** Whether the body names more than one model: each server decides for itself which one counts. */
  get isModelRepeated(): boolean {
    return this.#keys.isRepeated('model');
  }

  /** Range of the model's name, with its quotes; undefined if unknown. */
  modelRange(): TextRange | undefined {
    return this.facts().model === '' ? undefined : this.#keys.rangeOf('model');
  }

  /** Exact once the whole body has been read. */
  facts(): RequestFacts {
    const { status } = this.#keys;
    if (status === 'broken') return { isStream: undefined, model: '' };
    const model = this.#keys.value('model');
    const stream = this.#keys.value('stream');
    const isStream = stream?.kind === 'literal' && stream.text === 'true';
    return {
      isStream: stream === undefined && status === 'open' ? undefined : isStream,
      model: model?.kind === 'string' ? modelOf(model.text) : '',
    };
  }
}

function modelOf(text: string): string {
  return text.length <= MAX_MODEL_CHARACTERS ? text : '';
}
