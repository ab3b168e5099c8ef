/**
 * What an answer used. Only its first and last bytes are buffered and read once at the end; parsing
 * every event would cost more than forwarding it.
 */
import type { TokenUsage } from '@zephyr/contract/probe';

/** `message_delta` with its usage and `message_stop` take some hundred bytes. */
const KEPT_BYTES = 1024;
/** `message_start` is the first event. */
const MAX_HEAD_BYTES = 4096;

/**
 * Copies into one small buffer. Keeping the chunks themselves would let some twenty of them for each
 * stream survive into the old generation of the heap, which costs more than the copying. The first
 * chunk stays as it is: many an answer has no other, and its start is looked at in the end anyway.
 */
export class AnswerTail {
  #first: Buffer | undefined;
  #bytes: Buffer | undefined;
  #length = 0;

  push(chunk: Buffer): void {
    if (this.#first === undefined) {
      this.#first = chunk;
      return;
    }
    if (this.#bytes === undefined) {
      this.#bytes = Buffer.allocUnsafe(2 * KEPT_BYTES);
      this.#append(this.#bytes, this.#first);
    }
    this.#append(this.#bytes, chunk);
  }

  text(): string {
    if (this.#bytes !== undefined) return this.#bytes.toString('latin1', 0, this.#length);
    return this.#first?.toString('latin1', Math.max(0, this.#first.length - KEPT_BYTES)) ?? '';
  }

  #append(bytes: Buffer, chunk: Buffer): void {
    if (chunk.length >= KEPT_BYTES) {
      chunk.copy(bytes, 0, chunk.length - KEPT_BYTES);
      this.#length = KEPT_BYTES;
      return;
    }
    if (this.#length + chunk.length > bytes.length) {
      bytes.copyWithin(0, this.#length - KEPT_BYTES, this.#length);
      this.#length = KEPT_BYTES;
    }
    this.#length += chunk.copy(bytes, this.#length);
  }
}

const COUNTS: readonly (readonly [keyof TokenUsage, string])[] = [
  ['inputTokens', '"input_tokens"'],
  ['outputTokens', '"output_tokens"'],
  ['cacheReadTokens', '"cache_read_input_tokens"'],
  ['cacheWriteTokens', '"cache_creation_input_tokens"'],
];

/**
 * The usage of an answer, from its first and last bytes: a stream names the input at its start and
 * the output at its end. The last mention counts; what is not mentioned is 0.
 */
export function readUsage(head: Buffer | undefined, tail: string): TokenUsage {
  const usage: Record<keyof TokenUsage, number> = {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  const atEnd = usageIn(tail);
  let atStart: string | undefined;
  for (const [key, name] of COUNTS) {
    let count = lastCount(atEnd, name);
    if (count === undefined && head !== undefined) {
      atStart ??= usageIn(head.toString('latin1', 0, MAX_HEAD_BYTES));
      count = lastCount(atStart, name);
    }
    usage[key] = count ?? 0;
  }
  return usage;
}

/** From the last usage object on, as far as it is there: the rest need not be searched for each count. */
function usageIn(text: string): string {
  const at = text.lastIndexOf('"usage"');
  return at === -1 ? text : text.slice(at);
}

/** The model that answered, as the start of the answer names it; empty where it does not. */
export function readModel(head: Buffer | undefined): string {
  const start = head?.toString('latin1', 0, MAX_HEAD_BYTES) ?? '';
  return /"model"\s*:\s*"([A-Za-z0-9._:/@-]{1,100})"/.exec(start)?.[1] ?? '';
}

function lastCount(text: string, name: string): number | undefined {
  const at = text.lastIndexOf(name);
  if (at === -1) return undefined;
  const digits = /^\s*:\s*(\d{1,15})/.exec(
    text.slice(at + name.length, at + name.length + 32),
  )?.[1];
  return digits === undefined ? undefined : Number(digits);
}
