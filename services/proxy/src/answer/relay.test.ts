/** The waits while an answer is relayed, by ticks: for the endpoint, for the client, for trailing data. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AnswerForm } from '@zephyr/core';
import { Bursts } from '@zephyr/runtime/bursts';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { Deadline, Deadlines } from '../upstream/deadline.ts';
import { AnswerStream } from './answer-listeners.ts';
import { Relay, type RelayResult } from './relay.ts';

const IDLE_MS = 330_000;
const STALL_MS = 60_000;
const EVENTS = eventsOf();

interface Setup {
  readonly form?: AnswerForm;
  /** How much the client accepts per write. */
  readonly isSlow?: boolean;
  readonly headers?: Record<string, string>;
}

function start({ form = 'stream', isSlow = false, headers = {} }: Setup = {}) {
  const clock = new ManualClock();
  const bursts = new Bursts(clock);
  const results: RelayResult[] = [];
  const upstream = Object.assign(new EventEmitter(), {
    isPaused: false,
    isDestroyed: false,
    pause: () => {
      upstream.isPaused = true;
    },
    resume: () => {
      upstream.isPaused = false;
    },
    destroy: () => {
      upstream.isDestroyed = true;
    },
  });
  const socket = Object.assign(new EventEmitter(), {
    bytesWritten: 0,
    writableLength: 0,
    isDestroyed: false,
    destroy: () => {
      socket.isDestroyed = true;
    },
    destroySoon: () => {
      socket.isDestroyed = true;
    },
  });
  const client = Object.assign(new EventEmitter(), {
    ...{ socket, req: { socket, httpVersion: '1.1' }, written: '' },
    writableEnded: false,
    writableLength: isSlow ? 100 : 0,
    chunkedEncoding: false,
    writeHead: () => undefined,
    flushHeaders: () => undefined,
    write: (bytes: Buffer) => {
      client.written += bytes.toString();
      return !isSlow;
    },
    end: (text = '') => {
      client.written += text;
      client.writableEnded = true;
    },
  });
  const nobody = { onData: () => undefined, onEnd: () => undefined, onClosed: () => undefined };
  const relay = new Relay(
    {
      res: client as unknown as ServerResponse,
      answer: {
        ...{ status: 200, headers, held: [], head: '', form, hasEnded: false },
        stream: new AnswerStream(upstream as unknown as IncomingMessage, nobody, bursts),
      },
      isMessages: true,
      leftFamily: undefined,
      endpointId: 'e1' as never,
      isLast: false,
      deadline: new Deadline(new Deadlines(clock)),
      clock,
      idleMs: IDLE_MS,
      clientStallMs: STALL_MS,
    },
    (result) => results.push(result),
  );
  relay.start();
  const give = (...texts: string[]): void => {
    for (const text of texts) upstream.emit('data', Buffer.from(text));
  };
  return { clock, results, relay, upstream, client, socket, give };
}

describe('the wait for the endpoint', () => {
  it('restarts with each chunk, including pings', () => {
    const { clock, results, give } = start();
    give(...EVENTS.slice(0, 2));
    for (let round = 0; round < 5; round += 1) {
      clock.advance(IDLE_MS - 1);
      give('event: ping\ndata: {"type":"ping"}\n\n');
    }
    expect(results).toEqual([]);
    clock.advance(IDLE_MS - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toEqual([{ kind: 'cut', failure: 'idle_timeout' }]);
  });

  it('does not run while the client is slow', () => {
    const { clock, results, upstream, give, socket } = start({ isSlow: true });
    give(EVENTS[0] ?? '');
    expect(upstream.isPaused).toBe(true);
    for (let round = 0; round < 20; round += 1) {
      socket.bytesWritten += 10;
      clock.advance(STALL_MS);
    }
    expect(results).toEqual([]);
    expect(socket.isDestroyed).toBe(false);
  });
});

describe('the wait for the client', () => {
  it('ends when it has read nothing for the whole limit', () => {
    const { clock, give, socket } = start({ isSlow: true });
    give(EVENTS[0] ?? '');
    clock.advance(STALL_MS - 1);
    socket.bytesWritten += 1;
    clock.advance(1);
    expect(socket.isDestroyed).toBe(false);
    clock.advance(STALL_MS - 1);
    expect(socket.isDestroyed).toBe(false);
    clock.advance(1);
    expect(socket.isDestroyed).toBe(true);
  });

  it('continues while an earlier answer has the connection', () => {
    const { clock, give, client, socket } = start({ isSlow: true });
    Object.assign(client, { socket: null });
    give(EVENTS[0] ?? '');
    clock.advance(20 * STALL_MS);
    expect(socket.isDestroyed).toBe(false);
  });

  it('ends when it has caught up: the wait for the endpoint resumes', () => {
    const { clock, results, give, client, upstream } = start({ isSlow: true });
    give(EVENTS[0] ?? '');
    client.emit('drain');
    expect(upstream.isPaused).toBe(false);
    clock.advance(IDLE_MS);
    expect(results).toEqual([{ kind: 'cut', failure: 'idle_timeout' }]);
  });

  it('continues after the end, until it has the last bytes', () => {
    const { clock, results, give, socket, upstream } = start({ isSlow: true });
    give(...EVENTS);
    upstream.emit('end');
    expect(results).toMatchObject([{ kind: 'complete' }]);
    clock.advance(STALL_MS);
    expect(socket.isDestroyed).toBe(true);
  });
});

describe('the wait for trailing data after a whole answer', () => {
  it('ends 250 ms after the last chunk: the client gets its end, the endpoint is released', () => {
    const { clock, results, give, client, upstream } = start();
    give(...EVENTS);
    clock.advance(249);
    expect([client.writableEnded, results]).toEqual([false, []]);
    give('data: [DONE]\n\n');
    clock.advance(249);
    expect(client.writableEnded).toBe(false);
    clock.advance(1);
    expect([client.writableEnded, upstream.isDestroyed]).toEqual([true, true]);
    expect(results).toMatchObject([{ kind: 'complete', failure: undefined }]);
    expect(client.written).toBe(`${EVENTS.join('')}data: [DONE]\n\n`);
  });

  it('ends after 2 s, however much follows', () => {
    const { clock, results, give } = start();
    give(...EVENTS);
    for (let atMs = 0; atMs < 1_900; atMs += 100) {
      clock.advance(100);
      give('event: ping\ndata: {"type":"ping"}\n\n');
    }
    expect(results).toEqual([]);
    clock.advance(100);
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });

  it('is the wait for the endpoint if the answer has a length', () => {
    const { clock, results, give } = start({ headers: { 'content-length': '5000' } });
    give(...EVENTS);
    clock.advance(IDLE_MS - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toEqual([{ kind: 'cut', failure: 'idle_timeout' }]);
  });
});

describe('an answer of a declared length', () => {
  const MESSAGE = '{"type":"message","content":[]}';
  const declared = (text: string): Setup => ({
    form: 'document',
    headers: { 'content-length': String(text.length) },
  });

  it('ends for its client with its last byte', () => {
    const { results, upstream, client, give } = start(declared(MESSAGE));
    give(MESSAGE.slice(0, 9));
    expect(client.writableEnded).toBe(false);
    give(MESSAGE.slice(9));
    expect([client.writableEnded, client.written]).toEqual([true, MESSAGE]);
    upstream.emit('end');
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });

  it('is complete if the client has left with all of it', () => {
    const { results, relay, give } = start(declared(MESSAGE));
    give(MESSAGE);
    relay.clientGone();
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });

  it('is cut before its last byte if half a message has that length', () => {
    const half = MESSAGE.slice(0, -1);
    const { results, upstream, client, give } = start(declared(half));
    give(half.slice(0, 9));
    give(half.slice(9));
    expect([client.writableEnded, client.written]).toEqual([false, half.slice(0, -1)]);
    upstream.emit('end');
    expect(client.writableEnded).toBe(false);
    expect(results).toEqual([{ kind: 'cut', failure: 'truncated' }]);
  });

  it('ends with its last byte also if its last event has no blank line', () => {
    const events = 'data: {"type":"content_block_delta"}\n\ndata: {"type":"message_stop"}';
    const headers = { 'content-length': String(events.length) };
    const { results, upstream, client, give } = start({ form: 'stream', headers });
    give(events);
    upstream.emit('end');
    expect([client.writableEnded, client.written]).toEqual([true, events]);
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });
});

describe('an answer that we have to end', () => {
  it('ends with an event that says why, unless that would count as its declared bytes', () => {
    const [first = ''] = EVENTS;
    const length = { 'content-length': String(first.length + 9) };
    for (const [headers, expected] of [[{}, `${first}bye`] as const, [length, first] as const]) {
      const { relay, client, give } = start({ headers });
      give(first);
      relay.cutWithEvent('bye');
      expect([client.written, client.writableEnded]).toEqual([expected, false]);
    }
  });
});

describe('a relay that is done', () => {
  it.each([
    { name: 'cut', end: (relay: Relay) => relay.cut('timeout'), count: 1 },
    { name: 'left by its client', end: (relay: Relay) => relay.clientGone(), count: 1 },
    { name: 'abandoned', end: (relay: Relay) => relay.abandon(), count: 0 },
  ])('$name: reports at most once, and releases everything', ({ end, count }) => {
    const { clock, results, relay, upstream, give } = start();
    give(EVENTS[0] ?? '');
    end(relay);
    give(...EVENTS.slice(1));
    upstream.emit('end');
    upstream.emit('close');
    relay.clientGone();
    relay.cut('timeout');
    clock.advance(2 * IDLE_MS);
    expect(upstream.isDestroyed).toBe(true);
    expect(results.length).toBe(count);
  });
});
