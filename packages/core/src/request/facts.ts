/**
 * What a request's body says about itself, by its top-level keys alone: tool inputs in its history
 * may hold `{"stream": true}` or `{"model": "…"}` at any depth. Texts have one character for each
 * byte (latin1).
 */
import { JsonKeys } from '../json-keys.ts';

export interface RequestFacts {
  /** Whether a streaming answer is asked for; undefined where the body does not (yet) say. */
  readonly isStream: boolean | undefined;
  /** At most 100 characters; empty where unknown. */
  readonly model: string;
}

/** Real ids have up to some 60 characters. */
const MAX_MODEL_CHARACTERS = 100;
const MODEL_FIRST =
  /^\s{0,16}\{\s{0,16}"model"\s{0,16}:\s{0,16}"([\x20\x21\x23-\x5b\x5d-\x7e]{0,100})"\s{0,16}[,}]/;
const STREAM_LAST = /[,{]\s{0,16}"stream"\s{0,16}:\s{0,16}(true|false)\s{0,16}\}\s{0,16}$/;

/** How much of a body's start and end `quickFacts` needs. */
export const QUICK_START_BYTES = 512;
export const QUICK_END_BYTES = 128;

/**
 * Where `model` is the first key and `stream` the last, as Claude Code writes them: a look at both
 * ends instead of a scan, which for 100 KB costs as much as all the rest of the proxy.
 *
 * Exact for every JSON text but one that repeats `model` in between, which no client does by
 * accident: what is held against a model asks `RequestScan`. The last quote before the end is the
 * one that ends the last key, and the one before it, with no backslash in front, begins it: so it is
 * neither text nor part of something nested.
 *
 * @returns Undefined where the keys are elsewhere.
 */
export function quickFacts(start: string, end: string): RequestFacts | undefined {
  const model = MODEL_FIRST.exec(start)?.[1];
  const stream = STREAM_LAST.exec(end)?.[1];
  if (model === undefined || stream === undefined) return undefined;
  return { isStream: stream === 'true', model: modelOf(model) };
}

const KEYS: ReadonlySet<string> = new Set(['model', 'stream']);

/** Reads a whole body as it passes. */
export class RequestScan {
  readonly #keys = new JsonKeys(KEYS);

  push(text: string): void {
    this.#keys.push(text);
  }

  /** Exact once the whole body has passed. */
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
