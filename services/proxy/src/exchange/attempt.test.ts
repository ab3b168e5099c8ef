/** The waits of one attempt, by ticks: each limit fires at its own time, and only in its own state. */
import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Bursts } from '@zephyr/runtime/bursts';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Deadline, Deadlines } from '../upstream/deadline.ts';
import type { SendHandlers } from '../upstream/transport.ts';
import { Attempt, type AttemptInput } from './attempt.ts';
import type { AttemptResult } from './attempt-result.ts';
import type { JudgedAs } from './content-gate.ts';

const TIMES = { connectMs: 2_000, firstByteMs: 45_000, gateMs: 5_000 };
const [START = '', PING_OR_CONTENT = '', ...REST] = eventsOf();

// By this clock all data belongs to one burst.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Setup {
  readonly judgedAs?: JudgedAs;
  readonly isBuffered?: boolean;
  readonly isReused?: boolean;
  readonly isSilent?: () => boolean;
}

function start({
  judgedAs = 'message',
  isBuffered = true,
  isReused = false,
  isSilent,
}: Setup = {}) {
  const clock = new ManualClock();
  const bursts = new Bursts(clock);
  const results: AttemptResult[] = [];
  let aborts = 0;
  let handlers: SendHandlers | undefined;
  const socket = Object.assign(new EventEmitter(), { connecting: !isReused });
  const upstream = Object.assign(new EventEmitter(), { socket, reusedSocket: isReused });
  const attempt = new Attempt(
    {
      endpoint: {
        isTls: false,
        headers: { lines: [], secrets: [] },
        passes: { ofAnswer: () => true },
      },
      request: {},
      body: { isBuffered, connected: () => undefined },
      judgedAs,
      times: { ...TIMES, isSilent },
      deadline: new Deadline(new Deadlines(clock)),
      bursts,
      clock,
    } as unknown as AttemptInput,
    (result) => results.push(result),
  );
  attempt.start((_endpoint, _request, given) => {
    handlers = given;
    return {
      abort: () => {
        aborts += 1;
      },
    };
  });
  handlers?.onRequest(upstream as unknown as ClientRequest);
  const respond = (statusCode = 200, headers: Record<string, string> = {}) => {
    const response = Object.assign(new EventEmitter(), {
      statusCode,
      headers,
      resume: () => undefined,
    });
    handlers?.onResponse(response as unknown as IncomingMessage);
    const give = (...texts: string[]): void => {
      for (const text of texts) response.emit('data', Buffer.from(text));
      vi.runAllTimers();
    };
    return { give, response };
  };
  return {
    ...{ clock, results, attempt, upstream, respond },
    connect: async () => {
      socket.emit('connect');
      // The wait for the answer begins after the body is written.
      await Promise.resolve();
    },
    fail: (code: string) => handlers?.onError(Object.assign(new Error(code), { code })),
    aborts: () => aborts,
  };
}

describe('the waits of an attempt', () => {
  it('for a connection: the whole limit, then the attempt fails as connecting', () => {
    const { clock, results, attempt, aborts } = start();
    clock.advance(TIMES.connectMs - 1);
    expect([results, attempt.isConnecting]).toEqual([[], true]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'connect_timeout', phase: 'connecting' }]);
    expect(aborts()).toBe(1);
    clock.advance(600_000);
    expect(results).toHaveLength(1);
  });

  it('for the first byte: from the connection on', async () => {
    const { clock, results, connect } = start();
    clock.advance(TIMES.connectMs - 1);
    await connect();
    clock.advance(TIMES.firstByteMs - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'sent' }]);
  });

  it('for the first byte: not while the client is still uploading', async () => {
    const { clock, results, connect, upstream } = start({ isBuffered: false });
    await connect();
    clock.advance(600_000);
    expect(results).toEqual([]);
    upstream.emit('finish');
    clock.advance(TIMES.firstByteMs);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout' }]);
  });

  it('for the first byte: headers and white space do not count', async () => {
    const { clock, results, connect, respond } = start();
    await connect();
    const { give } = respond();
    for (let round = 0; round < 8; round += 1) {
      clock.advance(5_000);
      give('\n');
    }
    clock.advance(4_999);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'answered' }]);
  });

  it('for content after the start of a stream: then the client should see the pings', async () => {
    const { clock, results, connect, respond } = start();
    await connect();
    clock.advance(TIMES.firstByteMs - 1);
    const { give } = respond();
    give(START);
    clock.advance(TIMES.gateMs - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ kind: 'committed', ttftMs: expect.any(Number) }]);
  });

  it('for the body of a refusal: its status is known already', async () => {
    const { clock, results, connect, respond } = start();
    await connect();
    respond(503);
    clock.advance(999);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'server_error', answer: undefined }]);
  });

  it.each([
    { code: 529, type: 'overloaded_error', kind: 'failed' },
    { code: 400, type: 'invalid_request_error', kind: 'passed' },
  ])(
    'for the end of a $code that is never closed: its error can already be read',
    async ({ code, type, kind }) => {
      const { clock, results, connect, respond, aborts } = start();
      await connect();
      respond(code).give(JSON.stringify({ type: 'error', error: { type, message: '' } }));
      clock.advance(1_000);
      expect(results).toMatchObject([{ kind, answer: { status: code, hasEnded: true } }]);
      expect(aborts()).toBe(1);
    },
  );

  it('for a whole answer end at the next check of other requests, or at the limit', async () => {
    let isSilent = false;
    const left = start({ isSilent: () => isSilent });
    await left.connect();
    left.clock.advance(7_500);
    isSilent = true;
    left.clock.advance(499);
    expect(left.results).toEqual([]);
    left.clock.advance(1);
    expect(left.results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'sent' }]);

    const patient = start({ isSilent: () => false });
    await patient.connect();
    for (let ms = 0; ms < TIMES.firstByteMs - 500; ms += 500) patient.clock.advance(500);
    expect(patient.results).toEqual([]);
    patient.clock.advance(500);
    expect(patient.results).toMatchObject([{ failure: 'first_byte_timeout' }]);
  });

  it('end with the answer', async () => {
    const { clock, results, connect, respond } = start();
    await connect();
    const { give } = respond();
    give(START, PING_OR_CONTENT, ...REST);
    expect(results).toMatchObject([{ kind: 'committed' }]);
    clock.advance(600_000);
    expect(results).toHaveLength(1);
  });

  it('end with the data before an error, also in the same burst', async () => {
    const { results, connect, respond, fail } = start();
    await connect();
    const { response } = respond();
    for (const event of [START, PING_OR_CONTENT, ...REST])
      response.emit('data', Buffer.from(event));
    expect(results).toEqual([]);
    fail('ECONNRESET');
    expect(results).toMatchObject([{ kind: 'committed' }]);
  });

  it('restart if our own pause outlasted them', async () => {
    const { clock, results, connect, respond } = start();
    await connect();
    clock.block(TIMES.firstByteMs + 3_000);
    expect(results).toEqual([]);
    const { give } = respond();
    give(START, PING_OR_CONTENT, ...REST);
    expect(results).toMatchObject([{ kind: 'committed' }]);
  });
});

describe('an attempt that has settled', () => {
  it('reports nothing more, whatever arrives', async () => {
    const { clock, results, attempt, connect, respond, fail, upstream } = start();
    await connect();
    attempt.abort();
    attempt.abort();
    const { give, response } = respond();
    give(START);
    response.emit('close');
    vi.runAllTimers();
    fail('ECONNRESET');
    upstream.emit('information');
    clock.advance(600_000);
    expect(results).toEqual([]);
  });

  it.each([
    { isReused: true, isAnswered: false, isStaleConnection: true },
    { isReused: false, isAnswered: false, isStaleConnection: false },
    { isReused: true, isAnswered: true, isStaleConnection: false },
  ])(
    'knows whether an idle connection had died: $isReused, answered $isAnswered',
    async (about) => {
      const { results, connect, respond, fail } = start({ isReused: about.isReused });
      await connect();
      if (about.isAnswered) respond();
      fail('ECONNRESET');
      expect(results).toMatchObject([{ isStaleConnection: about.isStaleConnection }]);
    },
  );
});
