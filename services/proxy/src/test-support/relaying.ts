/** A relay between an endpoint that the test plays and a client in memory, by a clock that the test advances. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';

import type { AnswerEnd, AnswerForm } from '@zephyr/core';
import { Bursts } from '@zephyr/runtime/bursts';
import { ManualClock } from '@zephyr/testkit/manual-clock';

import { AnswerStream } from '../answer/answer-listeners.ts';
import { Relay, type RelayResult } from '../answer/relay.ts';
import { Deadline, Deadlines } from '../upstream/deadline.ts';
import { answerIn, type MemoryClientOptions, requestsOf, settled } from './memory-client.ts';

export const IDLE_MS = 330_000;
export const STALL_MS = 60_000;

export interface RelaySetup extends MemoryClientOptions {
  readonly status?: number;
  readonly form?: AnswerForm;
  readonly headers?: Record<string, string>;
  /** The start that was buffered. */
  readonly buffered?: readonly string[];
  readonly hasEnded?: boolean;
  /** In which the buffered start was searched. */
  readonly end?: AnswerEnd;
  readonly isMessages?: boolean;
  /** The client sent another request before, which is not answered yet. */
  readonly isBehind?: boolean;
}

/** The endpoint's side: what a test emits arrives at once. */
class Endpoint extends EventEmitter {
  isPaused = false;
  isClosed = false;

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  destroy(): void {
    this.isClosed = true;
  }

  give(...texts: readonly string[]): void {
    for (const text of texts) this.emit('data', Buffer.from(text));
  }
}

const NOBODY = { onData: () => undefined, onEnd: () => undefined, onClosed: () => undefined };

export async function startRelay(setup: RelaySetup = {}) {
  const { isBehind = false, isMessages = true, buffered = [], form = 'stream' } = setup;
  const { connection, responses } = await requestsOf(setup, isBehind ? 2 : 1);
  const [first, last = first] = responses;
  if (first === undefined || last === undefined) throw new Error('the request did not arrive');
  const clock = new ManualClock();
  const deadline = new Deadline(new Deadlines(clock));
  const endpoint = new Endpoint();
  const stream = new AnswerStream(
    endpoint as unknown as IncomingMessage,
    NOBODY,
    new Bursts(clock),
  );
  const results: RelayResult[] = [];
  const relay = new Relay(
    {
      res: last,
      answer: {
        ...{ status: setup.status ?? 200, headers: setup.headers ?? {}, head: '', form, stream },
        ...{
          buffered: buffered.map((text) => Buffer.from(text)),
          hasEnded: setup.hasEnded ?? false,
        },
        end: setup.end,
      },
      ...{ isMessages, leftFamily: undefined, endpointId: 'e1' as never, isLast: false },
      ...{ deadline, clock, idleMs: IDLE_MS, clientStallMs: STALL_MS },
    },
    (result) => results.push(result),
  );
  // As the exchange does.
  last.on('close', () => relay.clientGone());
  relay.start();
  return {
    ...{ clock, connection, endpoint, relay, results, responses },
    /** Lets everything arrive that is due now. */
    give: async (...texts: readonly string[]) => {
      endpoint.give(...texts);
      await settled();
    },
    end: async () => {
      endpoint.emit('end');
      await settled();
    },
    advance: async (byMs: number) => {
      clock.advance(byMs);
      await settled();
    },
    received: () => answerIn(connection.received),
    isWaiting: () => deadline.place !== -1,
  };
}
