/**
 * The Messages API on the side of an endpoint: reads requests, makes answers as JSON and as SSE events.
 * Pure; the simulated endpoint and the scripted upstream decide when and how to send them.
 *
 * @see https://docs.claude.com/en/api/messages-streaming
 */
import { randomUUID } from 'node:crypto';

import type { ApiErrorType } from '@zephyr/contract/api-error-type';

/** The parts of a request that an answer depends on. */
export interface MessagesRequest {
  readonly model: string;
  readonly stream: boolean;
  /** The text of the last user message. */
  readonly prompt: string;
  readonly system: string;
}

export interface Answer {
  readonly text: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
}

/** One server-sent event; `data.type` is the event's name. */
export interface SseEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export const DEFAULT_MODEL = 'claude-haiku-4-5';

/** @throws SyntaxError when the body is not JSON. */
export function readMessagesRequest(body: string): MessagesRequest {
  const request = JSON.parse(body) as {
    model?: unknown;
    stream?: unknown;
    system?: unknown;
    messages?: { role?: unknown; content?: unknown }[];
  };
  const messages = Array.isArray(request.messages) ? request.messages : [];
  const last = messages.findLast(({ role }) => role === 'user');
  return {
    model: typeof request.model === 'string' ? request.model : DEFAULT_MODEL,
    stream: request.stream === true,
    prompt: textsOf(last?.content).at(-1) ?? '',
    system: textsOf(request.system).join('\n'),
  };
}

/** About four characters per token. */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/** A complete answer, for requests without `stream`. */
export function messageJson(answer: Answer): Record<string, unknown> {
  return {
    ...emptyMessage(answer),
    content: [{ type: 'text', text: answer.text }],
    stop_reason: 'end_turn',
    usage: usageJson(answer, answer.outputTokens),
  };
}

/** The same answer as events, with one `content_block_delta` per word. */
export function messageEvents(answer: Answer): readonly SseEvent[] {
  const words = answer.text.match(/\s*\S+/g) ?? [];
  return [
    { type: 'message_start', message: { ...emptyMessage(answer), usage: usageJson(answer, 1) } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...words.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: answer.outputTokens },
    },
    { type: 'message_stop' },
  ];
}

/** An event on the wire. */
export function renderEvent(event: SseEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** The body of every refusal; as an SSE event it is of type `error` too. */
export function errorJson(type: ApiErrorType, message: string): SseEvent {
  return { type: 'error', error: { type, message }, request_id: requestId() };
}

export function modelsJson(models: readonly string[]): Record<string, unknown> {
  return {
    data: models.map((id) => ({
      type: 'model',
      id,
      display_name: id,
      created_at: '2025-10-01T00:00:00Z',
    })),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  };
}

export function requestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`;
}

function emptyMessage({ model }: Answer): Record<string, unknown> {
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function usageJson(answer: Answer, outputTokens: number): Record<string, unknown> {
  return {
    input_tokens: answer.inputTokens,
    cache_creation_input_tokens: answer.cacheWriteTokens ?? 0,
    cache_read_input_tokens: answer.cacheReadTokens ?? 0,
    output_tokens: outputTokens,
  };
}

function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: { text?: unknown } | null) =>
    typeof block?.text === 'string' ? [block.text] : [],
  );
}
