/**
 * The tokens reported by an answer: in a stream by `message_start` (input, caches) and `message_delta`
 * (output so far; the input may be repeated), in a message by its `usage`. Counts only rise during an
 * answer, and some gateways report 0 for unknown: the largest one counts.
 */
import type { AnswerUsage } from '@zephyr/contract/usage/usage';

import { parseObject } from './api-error.ts';

export const NO_USAGE: AnswerUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
};

/** A larger number is not a token count: its sums would no longer be exact. */
const MAX_TOKENS = 1_000_000_000;

/** Undefined if the data is not an event that reports tokens. Linear; the caller bounds the text. */
export function usageOfEvent(data: string): AnswerUsage | undefined {
  // The quotes are escaped in a model's text, so it cannot be mistaken for these.
  if (!data.includes('"message_start"') && !data.includes('"message_delta"')) return undefined;
  const event = parseObject(data);
  if (event === undefined) return undefined;
  const type = field(event, 'type');
  if (type === 'message_start') return usageOf(field(field(event, 'message'), 'usage'));
  return type === 'message_delta' ? usageOf(field(event, 'usage')) : undefined;
}

/** Reads the text of a `usage` object. */
export function usageOfText(text: string): AnswerUsage | undefined {
  return usageOf(parseObject(text));
}

export function largerUsage(one: AnswerUsage | undefined, other: AnswerUsage): AnswerUsage {
  if (one === undefined) return other;
  return {
    inputTokens: Math.max(one.inputTokens, other.inputTokens),
    outputTokens: Math.max(one.outputTokens, other.outputTokens),
    cacheReadTokens: Math.max(one.cacheReadTokens, other.cacheReadTokens),
    cacheWriteTokens: Math.max(one.cacheWriteTokens, other.cacheWriteTokens),
    cacheWrite1hTokens: Math.max(one.cacheWrite1hTokens, other.cacheWrite1hTokens),
  };
}

/** Undefined if it contains no valid count: the endpoint did not report any. */
export function usageOf(usage: unknown): AnswerUsage | undefined {
  const written = field(usage, 'cache_creation');
  const input = countIn(usage, 'input_tokens');
  const output = countIn(usage, 'output_tokens');
  const read = countIn(usage, 'cache_read_input_tokens');
  const write = countIn(usage, 'cache_creation_input_tokens');
  const for1h = countIn(written, 'ephemeral_1h_input_tokens');
  const for5m = countIn(written, 'ephemeral_5m_input_tokens');
  if ((input ?? output ?? read ?? write ?? for1h ?? for5m) === undefined) return undefined;
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    cacheReadTokens: read ?? 0,
    cacheWriteTokens: Math.max(write ?? 0, (for1h ?? 0) + (for5m ?? 0)),
    cacheWrite1hTokens: for1h ?? 0,
  };
}

/** An own property; undefined if the value is not an object. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function countIn(value: unknown, name: string): number | undefined {
  const count = field(value, name);
  const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 0;
  return isCount && count <= MAX_TOKENS ? count : undefined;
}
