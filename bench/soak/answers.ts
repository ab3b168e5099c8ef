/** Answers of the soak's endpoints: whole, cut or late, each recording its tokens in the ledger. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  type Answer,
  errorJson,
  messageEvents,
  messageJson,
  renderEvent,
  type SseEvent,
} from '@zephyr/testkit/messages-api';
import { chunk, chunkedHead, head, LAST_CHUNK } from '@zephyr/testkit/upstream-scripts';

import { type Ask, type Behaviour, numberOf } from '../never-worse/endpoint.ts';
import type { Delivery, Ledger, Tokens } from './ledger.ts';

export interface Plan {
  /** Why it answers this way; `well` if healthy. */
  readonly what: string;
  /** Before the status line. */
  readonly delayMs: number;
  /** After the first content: the connection closes. After a start: an `error` event. */
  readonly breaks?: 'closes' | 'resets' | 'error_first' | 'error_after_start';
}

/**
 * Id prefix of clients that disconnect: the endpoint waits for that, so that the reported tokens are certain.
 */
export const LEAVES_EARLY = 'early-';
export const LEAVES_LATE = 'late-';

const EVENT_GAP_MS = 5;
/** One answer in this many takes seconds, so that service faults hit active ones. */
const LONG_EVERY = 12;
const LONG_GAP_MS = 400;
/** Written bytes must arrive before the reset. */
const ARRIVAL_MS = 50;

export function answering(ledger: Ledger, endpoint: string, plan: Plan): Behaviour {
  return (ask) => {
    const delivery = ledger.add(ask, endpoint, plan.what);
    return async ({ socket, bodyComplete }) => {
      await bodyComplete;
      await sleep(plan.delayMs);
      if (ask.id.startsWith(LEAVES_EARLY)) return whenGone(socket);
      const tokens = ledger.newTokens();
      const given = { ask, delivery, tokens, line: new Line(socket, delivery) };
      if (/"stream"\s*:\s*true/.test(ask.body)) await sendStream(given, plan);
      else sendMessage(given, plan);
    };
  };
}

interface Given {
  readonly ask: Ask;
  readonly delivery: Delivery;
  readonly tokens: Tokens;
  readonly line: Line;
}

/** Writes while the peer is connected. */
class Line {
  readonly #delivery: Delivery;
  readonly socket: Socket;

  constructor(socket: Socket, delivery: Delivery) {
    this.socket = socket;
    this.#delivery = delivery;
  }

  get isOpen(): boolean {
    return this.socket.writable && !this.socket.destroyed;
  }

  write(text: string): boolean {
    if (this.isOpen) this.socket.write(text);
    else this.#delivery.isAbandoned = true;
    return this.isOpen;
  }
}

async function whenGone(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, 'close');
}

const TEXT = 'one two three four five six';

const answerOf = ({ ask, tokens }: Given): Answer => ({
  text: TEXT,
  model: ask.model,
  inputTokens: tokens.input,
  outputTokens: tokens.output,
  cacheReadTokens: tokens.read,
  cacheWriteTokens: tokens.write,
});

async function sendStream(given: Given, { breaks }: Plan): Promise<void> {
  const { ask, delivery, line } = given;
  if (!line.write(chunkedHead(200, { 'content-type': 'text/event-stream' }))) return;
  const gapMs = numberOf(ask.id) % LONG_EVERY === 0 ? LONG_GAP_MS : EVENT_GAP_MS;
  for (const event of eventsOf(given, breaks)) {
    if (!line.write(chunk(renderEvent(event)))) return;
    note(given, event, breaks);
    const isText = event.type === 'content_block_delta';
    if (isText && ask.id.startsWith(LEAVES_LATE)) return whenGone(line.socket);
    if (isText && isCut(breaks)) return cut(line.socket, breaks);
    await sleep(gapMs);
  }
  delivery.isWhole = line.write(LAST_CHUNK) && breaks === undefined;
}

function eventsOf(given: Given, breaks: Plan['breaks']): readonly SseEvent[] {
  if (breaks === 'error_first') return [errorOf()];
  const [start, ...rest] = messageEvents(answerOf(given));
  if (start === undefined) return [];
  if (breaks === 'error_after_start') return [start, errorOf()];
  // A reset can lose bytes written before it: such an answer reports no tokens.
  return [breaks === 'resets' ? withoutUsage(start) : start, ...rest];
}

/** Events after which a proxy may still retry elsewhere. */
const NO_CONTENT = ['message_start', 'ping', 'error'];

function note({ delivery, tokens }: Given, { type }: SseEvent, breaks: Plan['breaks']): void {
  if (type === 'message_delta') delivery.named = tokens;
  if (NO_CONTENT.includes(type) || delivery.hasContent) return;
  delivery.hasContent = true;
  if (breaks !== 'resets') delivery.named = { ...tokens, output: 1 };
}

type Cut = 'closes' | 'resets';

const isCut = (breaks: Plan['breaks']): breaks is Cut => breaks === 'closes' || breaks === 'resets';

function sendMessage(given: Given, { breaks }: Plan): void {
  const { delivery, line, tokens } = given;
  const body = JSON.stringify(messageJson(answerOf(given)));
  const headers = { 'content-type': 'application/json' };
  if (breaks === 'error_first' || breaks === 'error_after_start') {
    const error = JSON.stringify(errorOf());
    line.write(head(529, { ...headers, 'content-length': String(error.length) }) + error);
    return;
  }
  const length = String(Buffer.byteLength(body));
  const sent = isCut(breaks) ? body.slice(0, body.length / 2) : body;
  delivery.hasContent = line.write(head(200, { ...headers, 'content-length': length }) + sent);
  if (isCut(breaks)) void cut(line.socket, breaks);
  else if (delivery.hasContent) {
    delivery.named = tokens;
    delivery.isWhole = true;
  }
}

async function cut(socket: Socket, how: Cut): Promise<void> {
  if (how === 'closes') {
    socket.end();
    return;
  }
  await sleep(ARRIVAL_MS);
  socket.resetAndDestroy();
}

const errorOf = (): SseEvent => errorJson('overloaded_error', 'Overloaded');

/** For endpoints that report tokens only at the end. */
function withoutUsage(event: SseEvent): SseEvent {
  const { usage: _, ...message } = event['message'] as Record<string, unknown>;
  return { ...event, message };
}
