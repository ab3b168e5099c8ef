/**
 * What counts as an answer and as its end, over real connections. Each case runs twice in one process, beside
 * another person's ordinary requests.
 */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';

import { MIB } from '@zephyr/contract/units';
import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call, STREAM_BODY, sendRaw } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import {
  chunk,
  chunkedHead,
  eventsOf,
  hang,
  head,
  json,
  LAST_CHUNK,
  raw,
  sse,
  status,
  type Turn,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Rig, startRig } from '../test-support/rig.ts';

const EVENTS = eventsOf().join('');
const STREAM = { 'content-type': 'text/event-stream' };
/** Limits that even a busy machine does not reach, for tests of something else. */
const PATIENT = { connectMs: 10_000, firstByteMs: 20_000, wholeAnswerMs: 20_000, gateMs: 10_000 };

function answerOf(body: string, headers: Readonly<Record<string, string>>): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, headers) + chunk(body) + LAST_CHUNK);
  };
}

/** The marked request, with ten ordinary ones of other people running at the same time. */
async function besideOthers(
  rig: Rig,
  script: UpstreamScript,
  body = STREAM_BODY,
): Promise<CallResult> {
  const ordinary = sse({ mark: 'ordinary' });
  rig.second.always(ordinary);
  rig.first.always((turn) =>
    turn.request.headers['x-stainless-os'] === 'marked' ? script(turn) : ordinary(turn),
  );
  const marked = call(rig.proxy.port, { headers: { 'x-stainless-os': 'marked' }, body });
  const others = await Promise.all(Array.from({ length: 10 }, () => call(rig.proxy.port)));
  for (const other of others) {
    expect(other).toMatchObject({ status: 200, end: 'clean' });
    expect(other.text).toBe(eventsOf({ mark: 'ordinary' }).join(''));
  }
  return await marked;
}

async function twice(act: () => Promise<void>): Promise<void> {
  await act();
  await act();
}

describe('the body decides what counts as an answer', () => {
  const right: readonly { name: string; body: string; headers?: Record<string, string> }[] = [
    { name: 'events as text/plain', body: EVENTS, headers: { 'content-type': 'text/plain' } },
    { name: 'events as JSON', body: EVENTS, headers: { 'content-type': 'application/json' } },
    {
      name: 'events as bytes',
      body: EVENTS,
      headers: { 'content-type': 'application/octet-stream' },
    },
    { name: 'events as a page', body: EVENTS, headers: { 'content-type': 'text/html' } },
    { name: 'events without a type', body: EVENTS, headers: {} },
    { name: 'events with CR', body: EVENTS.replaceAll('\n', '\r') },
    { name: 'events with CRLF', body: EVENTS.replaceAll('\n', '\r\n') },
    { name: 'a byte order mark', body: `\ufeff${EVENTS}` },
    { name: 'blank lines and comments first', body: `\n\r\n: wait\n\n${EVENTS}` },
    {
      name: 'a message without a type',
      body: '{"id":"m","type":"message","role":"assistant","content":[]}',
      headers: {},
    },
    { name: '[DONE] after the end', body: `${EVENTS}data: [DONE]\n\n` },
    {
      name: 'pings after the end',
      body: EVENTS + 'event: ping\ndata: {"type":"ping"}\n\n'.repeat(99),
    },
    { name: 'comments after the end', body: `${EVENTS}${': x\n\n'.repeat(999)}` },
    {
      name: '5 KB of usage after the end',
      body: `${EVENTS}event: usage\ndata: {"type":"usage","x":"${'y'.repeat(5_000)}"}\n\n`,
    },
    {
      name: 'a text that speaks of errors and ends',
      body: eventsOf({ text: '\n\nevent: error\ndata: {"type":"message_stop"}\n\n' }).join(''),
    },
  ];
  it.each(right)('takes $name', async ({ body, headers = STREAM }) => {
    const rig = await startRig({ timeouts: PATIENT });
    await twice(async () => {
      const result = await besideOthers(rig, answerOf(body, headers));
      expect(result).toMatchObject({ status: 200, end: 'clean' });
      expect(result.text).toBe(body);
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 22 });
  });

  it('accepts an answer after dozens of interim responses', async () => {
    const rig = await startRig({ timeouts: PATIENT });
    await twice(async () => {
      const result = await besideOthers(rig, async (turn) => {
        await turn.bodyComplete;
        turn.socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(40));
        await answerOf(EVENTS, STREAM)(turn);
      });
      expect(result.text).toBe(EVENTS);
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 22 });
  });

  it('passes on any answer to another operation, even a page for models if no other endpoint is left', async () => {
    const { proxy, first } = await startRig({ timeouts: PATIENT, count: 1 });
    await twice(async () => {
      first.next(raw(`${head(200, { 'content-type': 'text/html', 'content-length': '6' })}<html>`));
      const models = await call(proxy.port, { method: 'GET', path: '/v1/models', body: '' });
      expect(models).toMatchObject({ status: 200, text: '<html>', end: 'clean' });
      first.next(answerOf('', { 'content-type': 'application/json' }));
      const path = '/v1/messages/count_tokens';
      expect(await call(proxy.port, { path })).toMatchObject({
        status: 200,
        text: '',
        end: 'clean',
      });
      expect(await call(proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    });
  });

  it('passes on a client error that came with a success status', async () => {
    const { proxy, first, second } = await startRig({ timeouts: PATIENT });
    const mistake = { type: 'error', error: { type: 'invalid_request_error', message: 'x' } };
    first.next(json(mistake));
    expect(await call(proxy.port)).toMatchObject({ status: 200, text: JSON.stringify(mistake) });
    expect(await call(proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    expect(second.ledger).toHaveLength(0);
    expect(await proxy.attempts()).toMatchObject({ 'e1 client_error': 1, 'e1 ok': 1 });
  });
});

describe('the content of a refusal', () => {
  const words = [
    'model: credit balance is too low',
    'insufficient_quota: enforced_spend_limit_reached',
    'overloaded_error',
  ];
  it.each(words)('never goes by a message: %s', async (message) => {
    const { proxy, first, second } = await startRig({ timeouts: PATIENT });
    const body = JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', message },
    });
    await twice(async () => {
      first.next(status(400, {}, body));
      expect(await call(proxy.port)).toMatchObject({ status: 400, text: body });
      expect(await call(proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    });
    expect(second.ledger).toHaveLength(0);
  });
});

describe('a start that never arrives', () => {
  it('of endless white space costs others nothing', async () => {
    const rig = await startRig({ timeouts: PATIENT });
    const blanks: UpstreamScript = async ({ socket, bodyComplete }: Turn) => {
      await bodyComplete;
      socket.write(chunkedHead(200, STREAM));
      const piece = chunk('\n'.repeat(60_000));
      const closed = once(socket, 'close');
      for (let sent = 0; sent < 512 && !socket.destroyed; sent += 1) {
        if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]);
      }
    };
    const before = process.memoryUsage().rss;
    await twice(async () => {
      const result = await besideOthers(rig, blanks);
      expect(result).toMatchObject({ status: 200, end: 'clean' });
      expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    });
    // 30 MiB were offered each time; both ends of the test live in this process.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    // The second time the other endpoint may be tried first.
    expect(Object.keys(await rig.proxy.attempts())).toContain('e1 not_claude');
  });

  it('of occasional white space ends at the first-byte limit', async () => {
    const clock = new ManualClock();
    const timeouts = { ...PATIENT, firstByteMs: 5_000, gateMs: 100 };
    const rig = await startRig({ clock, timeouts });
    const askedAtMs = clock.nowMs();
    let waitedMs = 0;
    const result = await besideOthers(rig, async ({ socket, bodyComplete }) => {
      await bodyComplete;
      socket.write(chunkedHead(200, STREAM));
      await eventually(async () => {
        // The others share the clock: it does not advance until they have their answers.
        expect(rig.first.ledger).toHaveLength(11);
        expect((await rig.proxy.status()).active_requests).toBe(1);
      });
      socket.on('close', () => {
        waitedMs = clock.nowMs() - askedAtMs;
      });
      await eventually(() => {
        if (!socket.destroyed) {
          socket.write(chunk('\n'));
          clock.advance(50);
        }
        expect(socket.destroyed).toBe(true);
      });
    });
    expect(waitedMs).toBeGreaterThanOrEqual(5_000);
    expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    expect(Object.keys(await rig.proxy.attempts())).toContain('e1 first_byte_timeout');
  });

  it.each([
    { name: 'half a line', start: 'event: mess' },
    { name: 'half a document', start: '{"id":"msg_1",' },
  ])('of $name ends soon after its first byte', async ({ start }) => {
    const clock = new ManualClock();
    const rig = await startRig({ clock, timeouts: { ...PATIENT, gateMs: 1_000 } });
    await twice(async () => {
      const result = await besideOthers(rig, async ({ socket, bodyComplete }) => {
        await bodyComplete;
        // The others share the clock: it does not advance until they have their answers.
        await eventually(async () => {
          expect((await rig.proxy.status()).active_requests).toBe(1);
        });
        const beganAtMs = clock.nowMs();
        socket.write(chunkedHead(200, STREAM) + chunk(start));
        await eventually(() => {
          if (!socket.destroyed) clock.advance(100);
          expect(socket.destroyed).toBe(true);
        });
        expect(clock.nowMs() - beganAtMs).toBeLessThan(PATIENT.firstByteMs);
      });
      expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    });
    // The second time the other endpoint may be tried first.
    expect(Object.keys(await rig.proxy.attempts())).toContain('e1 not_claude');
  });
});

describe('the end of an answer', () => {
  const ping = chunk('event: ping\ndata: {"type":"ping"}\n\n');
  function openAfterStop(everyMs: number): UpstreamScript {
    return async ({ socket, bodyComplete }) => {
      await bodyComplete;
      socket.write(chunkedHead(200, STREAM) + chunk(EVENTS));
      const timer = setInterval(() => socket.write(ping), everyMs);
      socket.on('close', () => clearInterval(timer));
    };
  }

  it.each([
    { name: 'is silent', everyMs: 1_000_000 },
    { name: 'keeps sending pings', everyMs: 50 },
  ])('arrives even if the endpoint keeps the connection open and $name', async ({ everyMs }) => {
    const rig = await startRig({ timeouts: { ...PATIENT, idleMs: 600_000 } });
    await twice(async () => {
      const result = await besideOthers(rig, openAfterStop(everyMs));
      expect(result).toMatchObject({ status: 200, end: 'clean' });
      expect(result.text.startsWith(EVENTS)).toBe(true);
    });
    // Their connections are closed: nothing else can arrive on them.
    await eventually(() => {
      const marked = rig.first.ledger.filter(({ headers }) => headers['x-stainless-os']);
      expect(marked.map(({ closedAtMs }) => closedAtMs !== undefined)).toEqual([true, true]);
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 22 });
  });

  it('is a cut after all received data, even if that arrived together with the end', async () => {
    const rig = await startRig({ timeouts: PATIENT });
    const half = eventsOf().slice(0, 4).join('');
    await twice(async () => {
      const result = await besideOthers(rig, answerOf(half, STREAM));
      expect(result).toMatchObject({ status: 200, end: 'cut', text: half });
    });
  });

  it('is clean if the endpoint resets the connection after the last event', async () => {
    const rig = await startRig({ timeouts: PATIENT });
    await twice(async () => {
      const result = await besideOthers(rig, async (turn) => {
        await raw(chunkedHead(200, STREAM) + chunk(EVENTS), 'reset')(turn);
      });
      expect(result).toMatchObject({ text: EVENTS, end: 'clean' });
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 22 });
  });

  it.each(['\n', '\r', '\r\n'])(
    'is a cut without its last event (lines end with %j)',
    async (end) => {
      const rig = await startRig({ timeouts: PATIENT });
      const half = eventsOf().slice(0, -1).join('').replaceAll('\n', end);
      const result = await besideOthers(rig, answerOf(half, { 'content-type': 'text/plain' }));
      // How much of it reaches the client before the connection ends is down to chance.
      expect(result.end).not.toBe('clean');
      expect(half.startsWith(result.text)).toBe(true);
      expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 10, 'e1 truncated': 1 });
    },
  );

  it.each([
    { type: 'api_error', failure: 'server_error' },
    { type: 'overloaded_error', failure: 'overloaded' },
    { type: 'invalid_request_error', failure: 'client_error' },
  ])('is not a whole answer if an $type follows content', async ({ type, failure }) => {
    const rig = await startRig({ timeouts: PATIENT });
    const body = `${eventsOf().slice(0, 4).join('')}event: error\ndata: ${JSON.stringify({ type: 'error', error: { type } })}\n\n`;
    await twice(async () => {
      const result = await besideOthers(rig, answerOf(body, STREAM));
      expect(result).toMatchObject({ text: body, end: 'clean' });
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 20, [`e1 ${failure}`]: 2 });
  });

  it('of a JSON message is its closing brace', async () => {
    const rig = await startRig({ timeouts: { ...PATIENT, idleMs: 600_000 } });
    const message = JSON.stringify({ type: 'message', content: [{ text: '} message_stop {' }] });
    await twice(async () => {
      const open = raw(chunkedHead(200, {}) + chunk(message));
      expect(await besideOthers(rig, open)).toMatchObject({ text: message, end: 'clean' });
      // Without a length or chunks HTTP cannot indicate the cut.
      const cut = raw(head(200, { connection: 'close' }) + message.slice(0, -2), 'close');
      expect((await besideOthers(rig, cut)).end).not.toBe('clean');
    });
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 42, 'e1 truncated': 2 });
  });

  it.each(['reset', 'keep'] as const)(
    'is not before the length that it declared (%s)',
    async (after) => {
      const clock = new ManualClock();
      const rig = await startRig({ clock, timeouts: { ...PATIENT, idleMs: 3_000 } });
      const message = JSON.stringify({ type: 'message', content: [] });
      const length = { 'content-length': String(message.length + 10) };
      // A client that keeps the connection open would wait forever for the rest.
      const agent = new Agent({ keepAlive: true });
      onTestFinished(() => agent.destroy());
      await twice(async () => {
        rig.first.next(raw(head(200, length) + message, after));
        rig.second.next(raw(head(200, length) + message, after));
        const asking = call(rig.proxy.port, { agent });
        let isOver = false;
        asking.finally(() => {
          isOver = true;
        });
        await eventually(() => {
          if (!isOver) clock.advance(100);
          expect(isOver).toBe(true);
        });
        const short = await asking;
        expect(short.end).not.toBe('clean');
        expect(await call(rig.proxy.port)).toMatchObject({ status: 200 });
      });
    },
  );

  it('counts the usage, whatever follows the last event', async () => {
    const rig = await startRig({ timeouts: PATIENT });
    await besideOthers(rig, answerOf(`${EVENTS}: ${'y'.repeat(5_000)}\n\n`, STREAM));
    expect(await rig.proxy.metrics()).toMatch(/tokens_total\{endpoint="e1",kind="output"\} 77\b/);
  });
});

describe('whether a request streams', () => {
  const long = 'x'.repeat(2_000);
  const decoys = [{ role: 'user', content: [{ type: 'tool_use', input: { stream: true } }] }];

  it('is known if the key is in the middle: a frozen endpoint is abandoned at the first-byte limit', async () => {
    const clock = new ManualClock();
    const timeouts = { ...PATIENT, wholeAnswerMs: 600_000 };
    const rig = await startRig({ clock, timeouts });
    const body = JSON.stringify({
      max_tokens: 64,
      messages: [{ role: 'user', content: long }, { input: { stream: false } }],
      model: 'claude-haiku-4-5',
      stream: true,
      system: `"stream": false ${long}`,
    });
    rig.first.always(hang());
    const answer = call(rig.proxy.port, { body });
    await eventually(() => expect(rig.first.ledger).toHaveLength(1));
    clock.advance(PATIENT.firstByteMs);
    expect((await answer).headers['x-zephyr-endpoint']).toBe('e2');
    expect(await rig.proxy.attempts()).toMatchObject({ 'e1 first_byte_timeout': 1 });
  });

  it('is not guessed from a tool’s input: a slow whole answer gets the time it needs', async () => {
    const timeouts = { ...PATIENT, firstByteMs: 100, wholeAnswerMs: 60_000 };
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock, timeouts });
    first.always(async (turn) => {
      await turn.bodyComplete;
      clock.advance(1_000);
      await json()(turn);
    });
    const body = JSON.stringify({ model: 'claude-haiku-4-5', messages: decoys });
    expect(await call(proxy.port, { body })).toMatchObject({ status: 200, end: 'clean' });
    expect(second.ledger).toHaveLength(0);
  });
});

describe('a running answer is never cut by the proxy', () => {
  const ask = (mark: string, last = false): string =>
    [
      'POST /v1/messages HTTP/1.1',
      'Host: 127.0.0.1',
      `x-stainless-os: ${mark}`,
      `Content-Length: ${STREAM_BODY.length}`,
      ...(last ? ['Connection: close'] : []),
      '',
      STREAM_BODY,
    ].join('\r\n');

  /** A client that pipelines two requests on one connection, as HTTP/1.1 allows. */
  async function pipeline(port: number): Promise<{ socket: Socket; text: () => string }> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
    });
    await once(socket, 'connect');
    socket.write(ask('long') + ask('short', true));
    return { socket, text: () => text };
  }

  /** The first request streams until `finish`; the second is answered by `second` immediately. */
  async function rigOfTwo(
    second: UpstreamScript,
    timeouts: Record<string, number>,
    clock: Clock = systemClock,
  ) {
    const rig = await startRig({ clock, timeouts: { ...PATIENT, ...timeouts } });
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    const events = eventsOf({ mark: 'long', deltas: 5 });
    rig.first.always(async (turn) => {
      const { socket, bodyComplete, request } = turn;
      if (request.headers['x-stainless-os'] === 'short') return await second(turn);
      if (request.headers['x-stainless-os'] !== 'long') return await sse()(turn);
      await bodyComplete;
      socket.write(chunkedHead(200, STREAM) + chunk(events.slice(0, 3).join('')));
      const timer = setInterval(() => socket.write(chunk(': alive\n\n')), 50);
      socket.on('close', () => clearInterval(timer));
      await finished;
      clearInterval(timer);
      socket.write(chunk(events.slice(3).join('')) + LAST_CHUNK);
    });
    return { rig, finish };
  }

  it('by the stall limit of a second request queued behind it', async () => {
    const clock = new ManualClock();
    const { rig, finish } = await rigOfTwo(sse({ mark: 'short' }), { clientStallMs: 100 }, clock);
    const { socket, text } = await pipeline(rig.proxy.port);
    await eventually(() => expect(rig.first.ledger.length).toBe(2));
    // Many times the limit, with other requests running.
    for (let round = 0; round < 10; round += 1) {
      expect(await call(rig.proxy.port)).toMatchObject({ status: 200, end: 'clean' });
      clock.advance(60);
    }
    finish();
    await once(socket, 'close');
    expect(text().match(/event: message_stop/g)).toHaveLength(2);
    expect(text().indexOf('"mark":"long"')).toBeLessThan(text().indexOf('"mark":"short"'));
    expect(await rig.proxy.attempts()).toEqual({ 'e1 ok': 12 });
  });

  it('by a second answer larger than the buffer', async () => {
    const large = eventsOf({ mark: 'short', text: 'z'.repeat(300_000) }).join('');
    const clock = new ManualClock();
    const { rig, finish } = await rigOfTwo(answerOf(large, STREAM), { clientStallMs: 100 }, clock);
    const { socket, text } = await pipeline(rig.proxy.port);
    await eventually(() => expect(rig.first.ledger.length).toBe(2));
    for (let round = 0; round < 10; round += 1) {
      expect(await call(rig.proxy.port)).toMatchObject({ status: 200, end: 'clean' });
      clock.advance(60);
    }
    finish();
    await once(socket, 'close');
    expect(text().match(/event: message_stop/g)).toHaveLength(2);
  });

  it.each([
    { name: 'is cut', second: raw(chunkedHead(200, STREAM) + chunk(eventsOf()[2] ?? ''), 'reset') },
    { name: 'falls silent', second: raw(chunkedHead(200, STREAM) + chunk(eventsOf()[2] ?? '')) },
  ])('by a second answer that $name', async ({ second }) => {
    const clock = new ManualClock();
    const { rig, finish } = await rigOfTwo(second, { idleMs: 2_000 }, clock);
    const { socket, text } = await pipeline(rig.proxy.port);
    const lived = () => text().split(': alive').length;
    const isOver = async () =>
      Object.keys(await rig.proxy.attempts()).some((name) =>
        /^e1 (truncated|idle_timeout)$/.test(name),
      );
    await eventually(() => expect(rig.first.ledger.length).toBe(2));
    // Time only passes while the first answer is alive.
    while (!(await isOver())) {
      const before = lived();
      await eventually(() => expect(lived()).toBeGreaterThan(before));
      clock.advance(500);
    }
    expect(await call(rig.proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    finish();
    await once(socket, 'close');
    expect(text().match(/event: message_stop/g)).toHaveLength(1);
    expect(text()).not.toContain('"mark":"short"');
    expect(await rig.proxy.attempts()).toMatchObject({ 'e1 ok': 2 });
  });

  it.each([
    { name: 'never becomes whole', rest: 'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-a' },
    { name: 'is no HTTP', rest: '\u0000\u0001 nonsense\r\n\r\n' },
  ])('by a second request that $name', async ({ rest }) => {
    const { rig, finish } = await rigOfTwo(sse(), { headersMs: 1_000, requestMs: 1_000 });
    const socket = connect(rig.proxy.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
    });
    socket.write(ask('long') + rest);
    await eventually(() => expect(text).toContain('content_block_delta'));
    // Node checks only now and then for requests that take too long, so the later one is found, too.
    const late = await sendRaw(rig.proxy.port, 'POST /v1/messages HTTP/1.1\r\nHost: a\r\n', 30_000);
    expect(late.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(await call(rig.proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    finish();
    await once(socket, 'close');
    expect(text).toContain('event: message_stop');
    expect(text.slice(0, text.indexOf('message_stop'))).not.toContain('HTTP/1.1 4');
  });

  it('and ends with its client, together with the requests queued behind it', async () => {
    const { rig } = await rigOfTwo(sse({ mark: 'short' }), {});
    await twice(async () => {
      const { socket } = await pipeline(rig.proxy.port);
      const asked = rig.first.ledger.length;
      await eventually(() => expect(rig.first.ledger.length).toBe(asked + 2));
      socket.destroy();
      await eventually(async () => expect((await rig.proxy.status()).active_requests).toBe(0));
    });
  });
});
