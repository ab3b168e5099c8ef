/**
 * Reads an endpoint's answer to a check: what it charged, whether it is a whole answer of the
 * Messages API, and what error it tells of. Pure.
 *
 * @see https://docs.claude.com/en/api/messages-streaming
 * @see https://docs.claude.com/en/api/errors
 */
import type { TokenUsage } from '@zephyr/core';
import { z } from 'zod';

export interface ApiError {
  /** E.g. `overloaded_error`. */
  readonly type: string;
  readonly message: string;
}

export interface Answer {
  readonly shape: 'stream' | 'message' | 'error' | 'foreign';
  /** A stream: `message_stop` has arrived. A message: it parses. */
  readonly isWhole: boolean;
  readonly error?: ApiError | undefined;
  readonly usage: TokenUsage;
}

export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

const tokens = z.number().int().nonnegative().nullish();
const usageSchema = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_read_input_tokens: tokens,
  cache_creation_input_tokens: tokens,
});
const errorSchema = z.object({
  error: z.union([
    z.object({ type: z.string().nullish(), message: z.string().nullish() }),
    z.string(),
  ]),
});
const messageSchema = z.object({ type: z.literal('message'), usage: usageSchema });
const eventSchema = z.union([
  z.object({ type: z.literal('message_start'), message: z.object({ usage: usageSchema }) }),
  z.object({ type: z.literal('message_delta'), usage: usageSchema }),
  z.object({ type: z.literal('message_stop') }),
  z.object({ type: z.literal('error'), error: z.unknown() }),
]);

export function readAnswer(body: string): Answer {
  if (/^\s*[{[]/.test(body)) return readJson(body);
  if (/^(event|data|id|retry|:)/m.test(body)) return readStream(body);
  return { shape: 'foreign', isWhole: false, usage: NO_USAGE };
}

function readJson(body: string): Answer {
  const value = parseJson(body);
  const message = messageSchema.safeParse(value);
  if (message.success)
    return { shape: 'message', isWhole: true, usage: addUsage(NO_USAGE, message.data.usage) };
  const error = readError(value);
  if (error !== undefined) return { shape: 'error', isWhole: true, error, usage: NO_USAGE };
  return { shape: 'foreign', isWhole: false, usage: NO_USAGE };
}

function readStream(body: string): Answer {
  let usage = NO_USAGE;
  let isWhole = false;
  let error: ApiError | undefined;
  let isMessagesApi = false;
  for (const line of body.split(/\r?\n/)) {
    if (!line.startsWith('data:')) continue;
    const value = parseJson(line.slice('data:'.length));
    const event = eventSchema.safeParse(value);
    if (!event.success) continue;
    isMessagesApi = true;
    if (event.data.type === 'message_start') usage = addUsage(usage, event.data.message.usage);
    if (event.data.type === 'message_delta') usage = addUsage(usage, event.data.usage);
    if (event.data.type === 'message_stop') isWhole = true;
    if (event.data.type === 'error') error = readError(value);
  }
  return { shape: isMessagesApi ? 'stream' : 'foreign', isWhole, error, usage };
}

/** The counts of later events are totals, not additions. */
function addUsage(before: TokenUsage, counts: z.infer<typeof usageSchema>): TokenUsage {
  return {
    inputTokens: counts.input_tokens ?? before.inputTokens,
    outputTokens: counts.output_tokens ?? before.outputTokens,
    cacheReadTokens: counts.cache_read_input_tokens ?? before.cacheReadTokens,
    cacheWriteTokens: counts.cache_creation_input_tokens ?? before.cacheWriteTokens,
  };
}

/** Gateways write `error` as an object or as a text. */
function readError(value: unknown): ApiError | undefined {
  const parsed = errorSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { error } = parsed.data;
  if (typeof error === 'string') return { type: 'error', message: error };
  return { type: error.type ?? 'error', message: error.message ?? '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
