/**
 * Span attributes, by OpenTelemetry's semantic conventions for HTTP and generative AI, with a `zephyr.`
 * prefix for what they do not cover. Derived from the usage record: never a prompt, an answer or a key, and
 * sessions only by pseudonym. Pure.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import { NONE } from '@zephyr/contract/reserved-names';
import type { RequestRecord } from '@zephyr/contract/usage/usage';

import type { TracedEndpoint, TracedRequest } from './request-trace.ts';

export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface SpanFacts {
  readonly name: string;
  readonly attributes: SpanAttributes;
  /** Undefined: no failure that we or the endpoint caused. */
  readonly error: string | undefined;
}

export interface TracedAttempt {
  readonly endpoint: TracedEndpoint;
  /** 1 is the first. */
  readonly number: number;
  readonly failure: FailureClass | undefined;
  /** Status of its answer; undefined if there was none. */
  readonly status: number | undefined;
  /** Whether its answer went to the client: then the record's tokens are its own. */
  readonly isServed: boolean;
  readonly ttftMs: number | undefined;
}

const FAILED = new Set<RequestRecord['outcome']>(['failed', 'cut', 'timed_out']);

export function requestSpan(
  { method, path, decision }: TracedRequest,
  record: RequestRecord,
  status: number | undefined,
): SpanFacts {
  const { outcome, attempts, endpoint, group, costUsd, ttftMs } = record;
  const failure = attempts.at(-1)?.failure ?? undefined;
  const error = FAILED.has(outcome) ? (failure ?? outcome) : undefined;
  return {
    name: `${method} ${path}`,
    error,
    attributes: known({
      'http.request.method': method,
      'url.path': path,
      'http.response.status_code': status,
      'error.type': error,
      'zephyr.request_id': record.id,
      'zephyr.outcome': outcome,
      'zephyr.decision': decision,
      'zephyr.person': record.person,
      'zephyr.endpoint': endpoint === NONE ? undefined : endpoint,
      'zephyr.group': group ?? undefined,
      'zephyr.attempts': attempts.length,
      'zephyr.ttft_ms': ttftMs ?? undefined,
      'zephyr.cost_usd': costUsd ?? undefined,
    }),
  };
}

export function attemptSpan(
  { method, path, operation }: TracedRequest,
  record: RequestRecord,
  attempt: TracedAttempt,
): SpanFacts {
  const { endpoint, number, failure, status, ttftMs, isServed } = attempt;
  const { hostname, port } = endpoint.target;
  const isChat = operation === 'messages';
  return {
    name: isChat ? `chat ${record.model}` : `${method} ${path}`,
    error: failure,
    attributes: known({
      'server.address': hostname,
      'server.port': Number(port),
      'http.request.method': method,
      'http.response.status_code': status,
      'error.type': failure,
      'zephyr.endpoint': endpoint.id,
      'zephyr.attempt': number,
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.operation.name': isChat ? 'chat' : operation,
      'gen_ai.request.model': record.model === NONE ? undefined : record.model,
      'gen_ai.conversation.id': record.session ?? undefined,
      'gen_ai.response.time_to_first_chunk': ttftMs === undefined ? undefined : ttftMs / 1_000,
      ...(isServed ? tokensOf(record) : {}),
    }),
  };
}

/** The conventions count all input that was read; the API counts cached tokens separately. */
function tokensOf({ usage, tokensKnown }: RequestRecord): Record<string, number> {
  if (tokensKnown !== 'reported' && tokensKnown !== 'partly_reported') return {};
  const { cacheReadTokens, cacheWriteTokens } = usage;
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens + cacheReadTokens + cacheWriteTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': cacheWriteTokens,
  };
}

function known(attributes: Readonly<Record<string, string | number | undefined>>): SpanAttributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      (entry): entry is [string, string | number] => entry[1] !== undefined,
    ),
  );
}
