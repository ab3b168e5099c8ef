/** Client errors and sudden client behaviour. The ids (C1 …) are those of docs/data-path.md. */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';

import { MIB } from '@zephyr/contract/units';
import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY, sendRaw } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import {
  chunk,
  chunkedHead,
  eventsOf,
  flood,
  hang,
  json,
  raw,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRig } from '../test-support/rig.ts';

function post(headers: readonly string[], body: string): string {
  return `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

async function open(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

describe('C1 and C2 the client goes away', () => {
  it('C1 while it uploads: the endpoint is never contacted, nothing counts against it', async () => {
    const { proxy, first } = await startRig();
    const socket = await open(proxy.port, post(['Content-Length: 100000'], 'x'.repeat(50_000)));
    await eventually(async () =>
      expect(await proxy.metrics()).toMatch(/buffered_body_bytes [1-9]/),
    );
    socket.destroy();
    await eventually(async () => {
      expect(await proxy.metrics()).toContain('zephyr_proxy_buffered_body_bytes 0');
      expect(await proxy.metrics()).toContain('requests_total{outcome="client_gone"} 1');
    });
    expect(first.ledger).toHaveLength(0);
  });

  it('C1 while an unbuffered body streams through: the endpoint connection closes', async () => {
    const { proxy, first, second } = await startRig({ limits: { bufferedBodiesBytes: 10_000 } });
    first.always(hang());
    const socket = await open(proxy.port, post(['Content-Length: 900000'], 'x'.repeat(450_000)));
    await eventually(() => expect(first.ledger).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(first.openConnections).toBe(0));
    expect(first.ledger[0]?.complete).toBe(false);
    expect(second.ledger).toHaveLength(0);
    expect(await proxy.attempts()).toEqual({ 'e1 client_gone': 1 });
  });

  it.each([
    { name: 'before the answer', script: hang(), isAnswered: false },
    {
      name: 'during the stream',
      script: raw(chunkedHead(200, {}) + eventsOf().slice(0, 3).map(chunk).join('')),
      isAnswered: true,
    },
  ])(
    'C2 $name: the endpoint connection closes, nothing is sent again',
    async ({ script, isAnswered }) => {
      const { proxy, first, second } = await startRig({ timeouts: { firstByteMs: 10_000 } });
      first.always(script);
      const leaving = new AbortController();
      let received = '';
      const result = call(proxy.port, {
        signal: leaving.signal,
        onChunk: (text) => {
          received = text;
        },
      });
      await eventually(() => {
        expect(first.ledger[0]?.complete).toBe(true);
        expect(received.includes('content_block_delta')).toBe(isAnswered);
      });
      leaving.abort();
      expect((await result).end).toBe('failed');
      await eventually(() => expect(first.openConnections).toBe(0));
      expect(second.ledger).toHaveLength(0);
      expect(await proxy.attempts()).toEqual({ 'e1 client_gone': 1 });
      const { endpoints, active_requests } = await proxy.status();
      expect(endpoints[0]?.ejection.status).toBe('admitted');
      expect(active_requests).toBe(0);
    },
  );
});

describe('C3 a slow reader', () => {
  it('holds the endpoint back and is cut at the stall limit', async () => {
    const clock = new ManualClock();
    const timeouts = { clientStallMs: 1_500, idleMs: 3_600_000, totalMs: 3_600_000 };
    const { proxy, first } = await startRig({ clock, timeouts });
    first.always(flood(256 * MIB));
    const before = process.memoryUsage();
    const socket = await open(
      proxy.port,
      post([`Content-Length: ${STREAM_BODY.length}`], STREAM_BODY),
    );
    socket.pause();
    await eventually(() => expect(first.ledger).toHaveLength(1));
    await eventually(() => {
      clock.advance(500);
      expect(first.openConnections).toBe(0);
    });
    const grown = process.memoryUsage();
    // Both ends of the test live in this process: what counts is staying far below the offered amount.
    expect(grown.rss - before.rss).toBeLessThan(64 * MIB);
    expect(await proxy.attempts()).toEqual({ 'e1 client_gone': 1 });
  });

  it('that only pauses gets everything', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, timeouts: { clientStallMs: 5_000 } });
    first.always(async (turn) => {
      await flood(12 * MIB)(turn);
      for (const event of eventsOf().slice(-1)) turn.socket.write(chunk(event));
      turn.socket.write('0\r\n\r\n');
    });
    const socket = await open(
      proxy.port,
      post([`Content-Length: ${STREAM_BODY.length}`, 'Connection: close'], STREAM_BODY),
    );
    let bytes = 0;
    let last = '';
    socket.pause();
    socket.on('data', (data: Buffer) => {
      bytes += data.length;
      last = data.toString().slice(-200);
    });
    await eventually(() => expect(first.ledger).toHaveLength(1));
    clock.advance(4_900);
    socket.resume();
    await once(socket, 'close');
    expect(bytes).toBeGreaterThan(12 * MIB);
    expect(last).toMatch(/message_stop[\s\S]*\r\n0\r\n\r\n$/);
  });
});

// The limits are those of Node's parser: real, and short. The other limit of each test is never reached.
describe('C4 slow requests', () => {
  /** Less than Node's own limits, which would apply without ours: a minute, and five. */
  const TIMEOUT_MS = 45_000;

  it('headers that never arrive end with 408', async () => {
    const { proxy } = await startRig({ timeouts: { headersMs: 500, requestMs: 600_000 } });
    const result = await sendRaw(
      proxy.port,
      'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n',
      TIMEOUT_MS,
    );
    expect(result.closedBy).toBe('peer');
    expect(result.text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('a body that never arrives ends with 408', async () => {
    const { proxy, first } = await startRig({ timeouts: { headersMs: 600_000, requestMs: 800 } });
    const result = await sendRaw(proxy.port, post(['Content-Length: 100'], 'x'), TIMEOUT_MS);
    expect(result.closedBy).toBe('peer');
    expect(result.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(first.ledger).toHaveLength(0);
  });
});

describe('C5 sizes of the head', () => {
  const cases = [
    {
      name: '100 KB of headers',
      head: `x-a: ${'a'.repeat(100_000)}`,
      target: '/v1/models',
      code: 431,
    },
    {
      name: '3,000 headers',
      head: Array.from({ length: 3_000 }, (_, index) => `x-${index}: aaaaaaaa`).join('\r\n'),
      target: '/v1/models',
      code: 431,
    },
    { name: 'an 8 KB target', head: 'x-a: 1', target: `/v1/${'a'.repeat(8_000)}`, code: 414 },
  ];
  it.each(cases)('$name is refused with $code', async ({ head, target, code }) => {
    const { proxy, first } = await startRig();
    const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${head}\r\nConnection: close\r\n\r\n`;
    const { text } = await sendRaw(proxy.port, request);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
    expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({ type: 'error' });
    expect(first.ledger).toHaveLength(0);
  });
});

describe('C6 large bodies', () => {
  it('with a declared length are refused immediately', async () => {
    const { proxy, first } = await startRig({ limits: { bodyBytes: 100_000 } });
    const announced = post(['Content-Length: 1000000000'], 'x');
    const { text } = await sendRaw(proxy.port, announced, /request_too_large/);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('request_too_large');
    expect(first.ledger).toHaveLength(0);
  });

  it.each([
    { name: 'kept', bufferedBodiesBytes: 10_000_000 },
    { name: 'streaming through', bufferedBodiesBytes: 1_000 },
  ])(
    'without a length are refused when they exceed the limit: $name',
    async ({ bufferedBodiesBytes }) => {
      const { proxy, first } = await startRig({
        limits: { bodyBytes: 100_000, bufferedBodiesBytes },
      });
      const part = chunk('x'.repeat(50_000));
      const { text } = await sendRaw(
        proxy.port,
        post(['Transfer-Encoding: chunked'], part.repeat(4)),
        /request_too_large/,
      );
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(first.ledger.filter(({ complete }) => complete)).toHaveLength(0);
      await eventually(async () =>
        expect(await proxy.metrics()).toContain('zephyr_proxy_buffered_body_bytes 0'),
      );
    },
  );

  it('beyond the total buffer limit, requests run without retries', async () => {
    const { proxy, first, second } = await startRig({ limits: { bufferedBodiesBytes: 50_000 } });
    const body = Buffer.alloc(400_000, 98);
    expect((await call(proxy.port, { body })).status).toBe(200);
    expect(first.ledger[0]?.body.equals(body)).toBe(true);
    first.next(hang());
    expect((await call(proxy.port, { body })).status).toBe(504);
    expect(second.ledger).toHaveLength(0);
    await first.refuse();
    // A refused connection costs nothing: the buffered part goes elsewhere, and the rest follows.
    expect((await call(proxy.port, { body })).status).toBe(200);
    expect(second.ledger[0]?.body.equals(body)).toBe(true);
  });
});

describe('an unbuffered body that the endpoint answers before its end', () => {
  it('ends by the limit for the first byte if nothing follows the headers', async () => {
    const firstByteMs = 60_000;
    const timeouts = { firstByteMs, totalMs: 1_000 * firstByteMs };
    const limits = { bufferedBodiesBytes: 10_000 };
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, count: 1, timeouts, limits });
    first.always(({ socket }) => void socket.write(chunkedHead(200, {})));
    const client = await open(proxy.port, post(['Content-Length: 400000'], 'x'.repeat(200_000)));
    let received = '';
    client.on('data', (bytes: Buffer) => {
      received += bytes.toString();
    });
    await eventually(() => expect(first.ledger).toHaveLength(1));
    // By then the proxy has read the headers.
    await proxy.status();
    client.write('x'.repeat(200_000));
    await eventually(() => expect(first.ledger[0]?.complete).toBe(true));
    await eventually(() => {
      clock.advance(firstByteMs / 2);
      expect(received).toContain('upstream_timeout');
    });
    expect(await proxy.attempts()).toEqual({ 'e1 first_byte_timeout': 1 });
  });
});

describe('C7 to C9 bodies are not inspected', () => {
  it.each([
    { name: 'C7 a compressed body', body: Buffer.from('1f8b0800deadbeef', 'hex'), header: 'gzip' },
    { name: 'C9 malformed JSON', body: Buffer.from('{"a":'), header: undefined },
    { name: 'C9 JSON 10,000 deep', body: Buffer.from('['.repeat(10_000)), header: undefined },
    {
      name: 'C9 double keys',
      body: Buffer.from('{"stream":true,"stream":false}'),
      header: undefined,
    },
  ])('$name passes byte for byte', async ({ body, header }) => {
    const { proxy, first } = await startRig();
    await call(proxy.port, {
      body,
      ...(header === undefined ? {} : { headers: { 'content-encoding': header } }),
    });
    expect(first.ledger[0]?.body.equals(body)).toBe(true);
    expect(first.ledger[0]?.headers['content-encoding']).toBe(header);
  });

  it('C8 a hundred pipelined requests are answered in order', async () => {
    const { proxy, first } = await startRig({
      timeouts: { wholeAnswerMs: 20_000, connectMs: 20_000 },
    });
    first.always(async (turn) => {
      await turn.bodyComplete;
      await json({
        type: 'message',
        role: 'assistant',
        content: [],
        echo: turn.request.body.toString(),
      })(turn);
    });
    const one = (number: number): string => {
      const body = `request-${number}-end`;
      const last = number === 99 ? ['Connection: close'] : [];
      return post([`Content-Length: ${body.length}`, ...last], body);
    };
    const all = Array.from({ length: 100 }, (_, number) => one(number)).join('');
    const { text } = await sendRaw(proxy.port, all, 40_000);
    const order = [...text.matchAll(/request-(\d+)-end/g)].map(([, number]) => Number(number));
    expect(order).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });
});

describe('C10 smuggling', () => {
  const hidden = 'GET /v1/secret HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const cases = [
    {
      name: 'length and chunks',
      bytes: post(['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`),
    },
    {
      name: 'two lengths',
      bytes: post(['Content-Length: 5', 'Content-Length: 6'], `aaaaa${hidden}`),
    },
    { name: 'a broken coding', bytes: post(['Transfer-Encoding: xchunked'], hidden) },
    {
      name: 'a coding twice',
      bytes: post(
        ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
        `0\r\n\r\n${hidden}`,
      ),
    },
    { name: 'line feeds only', bytes: 'GET /v1/models HTTP/1.1\nHost: x\n\n' },
    {
      name: 'a chunk with a bad size',
      bytes: post(['Transfer-Encoding: chunked'], `0x5\r\nabcde\r\n0\r\n\r\n${hidden}`),
    },
    {
      name: 'a folded header',
      bytes: `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n\r\n${hidden}`,
    },
    {
      name: 'a space before the colon',
      bytes: `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\naaaaa${hidden}`,
    },
    { name: 'two hosts', bytes: 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n' },
    { name: 'no host', bytes: 'GET /v1/models HTTP/1.1\r\n\r\n' },
    { name: 'CONNECT', bytes: 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n' },
    { name: 'TRACE', bytes: 'TRACE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n' },
    {
      name: 'OPTIONS with chunks',
      bytes: `OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    },
    {
      name: 'PUT',
      bytes: 'PUT /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n',
    },
    { name: 'another protocol', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
    {
      name: 'an unknown expectation',
      bytes: post(['Expect: 200-maybe', 'Content-Length: 2'], '{}'),
    },
  ];
  it.each(cases)('$name: nothing but whole, known requests goes upstream', async ({ bytes }) => {
    const { proxy, first } = await startRig();
    const { text } = await sendRaw(proxy.port, bytes, 300);
    expect(text).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect(first.ledger.map(({ target }) => target)).toEqual([]);
    expect((await call(proxy.port)).status).toBe(200);
  });

  it.each([
    {
      name: 'an upgrade to h2c',
      extra: [
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
      ],
    },
    {
      name: 'a websocket',
      extra: ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'],
    },
  ])('$name is served as an ordinary request', async ({ extra }) => {
    const { proxy, first } = await startRig();
    const { text } = await sendRaw(
      proxy.port,
      post([`Content-Length: ${STREAM_BODY.length}`, ...extra], STREAM_BODY),
      /message_stop[\s\S]*\r\n0\r\n\r\n$/,
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(first.ledger[0]?.head).not.toMatch(/upgrade|http2|websocket/i);
  });

  it.each([
    { method: 'DELETE', path: '/v1/files' },
    { method: 'GET', path: '/v1/files' },
    { method: 'GET', path: '/v1/models' },
  ])('a $method with a body is refused, and its connection ends', async ({ method, path }) => {
    const { proxy, first } = await startRig({ server: { extraPaths: ['/v1/files'] } });
    for (const framing of [
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'Content-Length: 5\r\n\r\nhello',
    ]) {
      const bytes = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${framing}`;
      const { text, closedBy } = await sendRaw(proxy.port, bytes, 30_000);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toMatch(/connection: close/i);
      expect(closedBy).toBe('peer');
    }
    const empty = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    expect((await sendRaw(proxy.port, empty, 30_000)).text).toMatch(/^HTTP\/1\.1 200 /);
    expect(first.ledger.map(({ headers }) => headers['content-length'])).toEqual(['0']);
  });
});

describe('C11 odd header names', () => {
  it('do not become properties of any object', async () => {
    const { proxy, first } = await startRig();
    const odd = [
      '__proto__: x',
      'constructor: x',
      'toString: x',
      'hasOwnProperty: x',
      'Trailer: x',
    ];
    const { text } = await sendRaw(
      proxy.port,
      post([...odd, `Content-Length: ${STREAM_BODY.length}`, 'Connection: close'], STREAM_BODY),
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(Object.keys(first.ledger[0]?.headers ?? {})).not.toContain('constructor');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('C12 many connections', () => {
  it('idle ones are closed, and others are served meanwhile', async () => {
    const { proxy } = await startRig({
      timeouts: { headersMs: 2_000 },
      limits: { connectionsPerAddress: 3_000 },
    });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => open(proxy.port, '')));
    for (const socket of sockets) socket.resume();
    const agent = new Agent({ keepAlive: true });
    expect((await call(proxy.port, { agent })).status).toBe(200);
    await eventually(() =>
      expect(sockets.filter(({ readyState }) => readyState !== 'closed')).toHaveLength(0),
    );
    agent.destroy();
  });

  it('one address cannot take them all', async () => {
    const { proxy } = await startRig({ limits: { connectionsPerAddress: 10 } });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(proxy.port, '')));
    for (const socket of sockets) socket.resume();
    await eventually(() =>
      expect(sockets.filter(({ readyState }) => readyState === 'closed').length).toBe(10),
    );
  });
});
