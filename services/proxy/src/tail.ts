/**
 * The end of an answer: did it end as an answer ends, and what did it use? Only the last bytes are
 * kept and read once at the end; parsing every event would cost more than forwarding it.
 */
import type { TokenUsage } from '@zephyr/core';

/** `message_delta` with its usage and `message_stop` take some hundred bytes. */
const KEPT_BYTES = 2048;

export class AnswerTail {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      const oldest = this.#chunks[0];
      if (oldest === undefined || this.#bytes - oldest.length < KEPT_BYTES) return;
      this.#chunks.shift();
      this.#bytes -= oldest.length;
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks)
      .subarray(-2 * KEPT_BYTES)
      .toString('latin1');
  }
}

/** Whether a stream of events came to its proper end: with `message_stop`, or with an error. */
export function endsProperly(tail: string): boolean {
  return /"type"\s*:\s*"message_stop"|^event:[ ]?(message_stop|error)\b/m.test(tail);
}

const COUNTS: readonly (readonly [keyof TokenUsage, RegExp])[] = [
  ['inputTokens', /"input_tokens"\s*:\s*(\d+)/g],
  ['outputTokens', /"output_tokens"\s*:\s*(\d+)/g],
  ['cacheReadTokens', /"cache_read_input_tokens"\s*:\s*(\d+)/g],
  ['cacheWriteTokens', /"cache_creation_input_tokens"\s*:\s*(\d+)/g],
];

/**
 * The usage of an answer, from its first and last bytes: a stream names the input at its start and
 * the output at its end. The last mention counts; what is not mentioned is 0.
 */
export function readUsage(head: string, tail: string): TokenUsage {
  const usage: Record<keyof TokenUsage, number> = {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  for (const [key, pattern] of COUNTS) {
    const last = lastMatch(tail, pattern) ?? lastMatch(head, pattern);
    if (last !== undefined) usage[key] = Number(last);
  }
  return usage;
}

function lastMatch(text: string, pattern: RegExp): string | undefined {
  let found: string | undefined;
  for (const match of text.matchAll(pattern)) found = match[1];
  return found;
}
