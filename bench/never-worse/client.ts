/** The people of the bench: single requests, or turns with the retries of Claude Code. */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { type CallResult, call } from '@zephyr/testkit/http-call';

import { seededRandom, seedOf } from '../simulation/random.ts';
import { MARK, numberOf } from './endpoint.ts';

export interface Question {
  /** Unique; it decides the endpoints' luck. */
  readonly id: string;
  /** Claude Code's; without it each request counts as its own session. */
  readonly session?: string;
  readonly model?: string;
  readonly maxTokens?: number;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text around the question, in bytes. */
  readonly bodyBytes?: number;
  readonly signal?: AbortSignal;
}

export interface Turn {
  readonly isGood: boolean;
  readonly ms: number;
  readonly result: CallResult;
  readonly tries: number;
}

const HAIKU = 'claude-haiku-4-5';

export function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
}

export async function ask(port: number, agent: Agent, question: Question): Promise<CallResult> {
  const { session, method = 'POST', path = '/v1/messages?beta=true', headers, signal } = question;
  return call(port, {
    agent,
    method,
    path,
    body: method === 'GET' ? '' : bodyOf(question),
    headers: {
      'anthropic-version': '2023-06-01',
      ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

function bodyOf({ id, model = HAIKU, maxTokens = 64, bodyBytes = 0 }: Question): string {
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: `${MARK}${id}` }],
    system: 's'.repeat(bodyBytes),
    max_tokens: maxTokens,
    stream: true,
  });
}

/** A complete answer including its last event. */
export function isGood({ status, end, text }: CallResult): boolean {
  return status === 200 && end === 'clean' && text.includes('message_stop');
}

/** One request, as a client without retries makes it. */
export async function once(port: number, agent: Agent, question: Question): Promise<Turn> {
  const result = await ask(port, agent, question);
  return { isGood: isGood(result), ms: result.totalMs, result, tries: 1 };
}

/** Claude Code 2.1: up to ten retries after 0.5 s, 1 s, 2 s, … with up to a quarter more. */
const MAX_RETRIES = 10;
const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 32_000;
const RETRIED = new Set([401, 408, 409, 429]);
/** It does not wait longer than this for `retry-after`; beyond it the turn fails. */
const MAX_RETRY_AFTER_SECONDS = 60;

export async function turn(port: number, agent: Agent, question: Question): Promise<Turn> {
  const startedAtMs = performance.now();
  const random = seededRandom(seedOf(numberOf(question.id), 77));
  for (let tries = 1; ; tries += 1) {
    const result = await ask(port, agent, question);
    const ms = performance.now() - startedAtMs;
    const waitMs = backOffMs(result, tries, random.next());
    const isOver = isGood(result) || waitMs === undefined || question.signal?.aborted === true;
    if (isOver) return { isGood: isGood(result), ms, result, tries };
    await sleep(waitMs, undefined, { signal: question.signal }).catch(() => undefined);
  }
}

function backOffMs(result: CallResult, tries: number, random: number): number | undefined {
  const { status, headers, end } = result;
  const isRetried = status === 0 || status >= 500 || RETRIED.has(status) || end === 'cut';
  const isForbidden = headers['x-should-retry'] === 'false' && !result.text.includes('overloaded');
  if (tries > MAX_RETRIES || !isRetried || isForbidden) return undefined;
  const retryAfterSeconds = Number.parseInt(headers['retry-after'] ?? '0', 10) || 0;
  if (retryAfterSeconds > MAX_RETRY_AFTER_SECONDS) return undefined;
  const ownMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (tries - 1), MAX_BACK_OFF_MS);
  return Math.max(ownMs * (1 + random / 4), retryAfterSeconds * 1_000);
}
