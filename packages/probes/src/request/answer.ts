/**
 * Reads an endpoint's answer to a probe: whether it is complete, judged by the same code as in the proxy,
 * and what it charged. Pure.
 *
 * @see https://docs.claude.com/en/api/messages-streaming
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { TokenUsage } from '@zephyr/contract/probe/probe';
import {
  type ApiError,
  ContentGate,
  failureOfApiError,
  linesOf,
  parsedJson,
  StreamEnd,
} from '@zephyr/core';
import { z } from 'zod';

export type AnswerVerdict =
  | { readonly kind: 'whole' }
  /** It begins like an answer; the end of the request decides the rest. */
  | { readonly kind: 'partial' }
  /** Nothing that identifies it yet. */
  | { readonly kind: 'undecided' }
  | {
      readonly kind: 'failed';
      readonly failure: FailureClass;
      readonly error?: ApiError | undefined;
    };

export const NO_TOKENS: TokenUsage = {
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
const messageSchema = z.object({ type: z.literal('message'), usage: usageSchema });
const eventSchema = z.union([
  z.object({ type: z.literal('message_start'), message: z.object({ usage: usageSchema }) }),
  z.object({ type: z.literal('message_delta'), usage: usageSchema }),
]);

/**
 * @param body Decoded; of an answer with a success status.
 * @param isEnded Whether all of it has arrived.
 */
export function judgeAnswer(body: string, isEnded: boolean): AnswerVerdict {
  const start = new ContentGate();
  const pushed = start.push(body);
  const verdict = pushed.kind === 'buffer' && isEnded ? start.atEnd() : pushed;
  switch (verdict.kind) {
    case 'buffer':
      return { kind: 'undecided' };
    case 'fail':
      return { kind: 'failed', failure: verdict.failure, error: verdict.error };
    case 'pass':
      return { kind: 'failed', failure: 'client_error', error: verdict.error };
    case 'commit':
      if (verdict.form === 'stream') return judgeStream(body, isEnded);
      return { kind: isEnded && parsedJson(body) !== undefined ? 'whole' : 'partial' };
  }
}

function judgeStream(body: string, isEnded: boolean): AnswerVerdict {
  const end = new StreamEnd();
  end.push(body);
  if (isEnded) end.finish();
  const { ending } = end;
  if (ending === undefined) return { kind: 'partial' };
  if (ending.kind === 'whole') return { kind: 'whole' };
  const { error } = ending;
  const failure = error === undefined ? 'server_error' : failureOfApiError(error);
  return { kind: 'failed', failure, error };
}

/** As far as it was reported. */
export function usageInBody(body: string): TokenUsage {
  const message = messageSchema.safeParse(parsedJson(body));
  if (message.success) return addUsage(NO_TOKENS, message.data.usage);
  let usage = NO_TOKENS;
  for (const line of linesOf(body)) {
    if (!line.startsWith('data:') || !line.includes('"usage"')) continue;
    const event = eventSchema.safeParse(parsedJson(line.slice('data:'.length)));
    if (!event.success) continue;
    const { data } = event;
    usage = addUsage(usage, data.type === 'message_start' ? data.message.usage : data.usage);
  }
  return usage;
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
