import { KIB } from '@zephyr/contract/units';
import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import {
  chunk,
  chunkedHead,
  cutSse,
  drip,
  eventsOf,
  hang,
  head,
  json,
  LAST_CHUNK,
  raw,
  reset,
  sse,
  status,
  type Turn,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRig } from '../test-support/rig.ts';
import { PATIENT_TIMES } from '../test-support/test-proxy.ts';

const PAGE = '<!doctype html><title>Log in</title>';
const PAGE_HEADERS = { 'content-type': 'text/html', 'content-length': String(PAGE.length) };

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function sseOf(...events: readonly string[]): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of events) socket.write(chunk(event));
    socket.write(LAST_CHUNK);
  };
}

const { firstByteMs: FIRST_BYTE_TIMEOUT_MS, idleMs: IDLE_MS } = PATIENT_TIMES;

const ERROR_EVENT =
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n';

describe('before the first content, the next endpoint answers instead', () => {
  const cases: readonly { name: string; script: UpstreamScript; failure: string }[] = [
    { name: 'U3 reset after the request', script: reset(), failure: 'reset' },
    { name: 'U10 500', script: status(500), failure: 'server_error' },
    {
      name: 'U10 502 with a page',
      script: raw(head(502, PAGE_HEADERS) + PAGE),
      failure: 'server_error',
    },
    { name: 'U10 503', script: status(503), failure: 'server_error' },
    { name: 'U10 504', script: status(504), failure: 'server_error' },
    { name: 'U11 529', script: status(529), failure: 'overloaded' },
    {
      name: 'U12 429 with Retry-After',
      script: status(429, { 'retry-after': '7' }),
      failure: 'rate_limited',
    },
    {
      name: 'U13 429 for a spent limit',
      script: status(429, {}, '{"type":"error","error":{"type":"enforced_spend_limit_reached"}}'),
      failure: 'credit',
    },
    { name: 'U14 401 for our token', script: status(401), failure: 'token_refused' },
    { name: 'U14 403 of the API', script: status(403), failure: 'forbidden' },
    {
      name: 'U14 403 with a page',
      script: raw(head(403, PAGE_HEADERS) + PAGE),
      failure: 'not_claude',
    },
    {
      name: 'U18 bad chunk size before content',
      script: raw(`${chunkedHead(200, { 'content-type': 'text/event-stream' })}zz\r\n`),
      failure: 'truncated',
    },
    {
      name: 'U18 cut before content',
      script: cutSse(1, 'reset'),
      failure: 'truncated',
    },
    {
      name: 'U18 cut after the start of a text',
      script: cutSse(2, 'reset'),
      failure: 'truncated',
    },
    { name: 'U20 an error as the first event', script: sseOf(ERROR_EVENT), failure: 'overloaded' },
    {
      name: 'U20 an error after message_start',
      script: sseOf(eventsOf()[0] ?? '', ERROR_EVENT),
      failure: 'overloaded',
    },
    {
      name: 'U20 an error after the start of a text',
      script: sseOf(...eventsOf().slice(0, 2), ERROR_EVENT),
      failure: 'overloaded',
    },
    {
      name: 'U21 200 with a JSON error',
      script: json({ type: 'error', error: { type: 'api_error', message: 'x' } }),
      failure: 'server_error',
    },
    { name: 'U21 200 with an empty body', script: status(200, {}, ''), failure: 'not_claude' },
    { name: 'U21 200 with an empty stream', script: sseOf(), failure: 'not_claude' },
    {
      name: 'U21 200 with a page',
      script: raw(head(200, PAGE_HEADERS) + PAGE),
      failure: 'not_claude',
    },
    {
      name: 'U21 200 with a page labelled as a stream',
      script: sseOf(PAGE),
      failure: 'not_claude',
    },
    {
      name: 'U21 200 with JSON of another API',
      script: json({ code: 500, msg: 'no channel' }),
      failure: 'not_claude',
    },
    {
      name: 'U21 events of another API',
      script: sseOf('data: {"id":"chatcmpl-1","choices":[]}\n\n', 'data: [DONE]\n\n'),
      failure: 'not_claude',
    },
    {
      name: 'U22 a redirect',
      script: status(307, { location: 'http://127.0.0.1:1/elsewhere' }),
      failure: 'not_claude',
    },
  ];

  it.each(cases)('$name', async ({ script, failure }) => {
    const { proxy, first, second } = await startRig();
    first.next(script);
    second.always(sse({ mark: 'second' }));
    const result = await call(proxy.port);
    expect(result).toMatchObject({ status: 200, end: 'clean' });
    expect(result.text).toBe(eventsOf({ mark: 'second' }).join(''));
    expect([first.ledger.length, second.ledger.length]).toEqual([1, 1]);
    expect(await proxy.attempts()).toHaveProperty([`e1 ${failure}`]);
    await eventually(async () => expect((await proxy.status()).active_requests).toBe(0));
  });

  const silences: readonly { name: string; script: UpstreamScript }[] = [
    { name: 'U6 no answer', script: hang() },
    {
      name: 'U6 headers, then silence',
      script: ({ socket }) =>
        void socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' })),
    },
    {
      name: 'U9 headers one byte at a time',
      script: drip(chunkedHead(200, { 'content-type': 'text/event-stream' }), 50),
    },
  ];
  it.each(silences)('$name: at the limit of the first byte, and not before', async ({ script }) => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock });
    first.next(script);
    second.always(sse({ mark: 'second' }));
    const answer = call(proxy.port);
    await eventually(() => expect(first.ledger).toHaveLength(1));
    clock.advance(FIRST_BYTE_TIMEOUT_MS - 1);
    expect((await proxy.status()).active_requests).toBe(1);
    expect(second.ledger).toHaveLength(0);
    clock.advance(1);
    expect(await answer).toMatchObject({ status: 200, end: 'clean' });
    expect([first.ledger.length, second.ledger.length]).toEqual([1, 1]);
    expect(await proxy.attempts()).toHaveProperty(['e1 first_byte_timeout']);
  });

  it('U1 a refused connection: no request is lost, and each is delivered once', async () => {
    const { proxy, first, second } = await startRig();
    await first.refuse();
    const results = await Promise.all(times(40, () => call(proxy.port)));
    expect(results.filter(({ status: code, end }) => code === 200 && end === 'clean')).toHaveLength(
      40,
    );
    expect(second.ledger).toHaveLength(40);
    const { endpoints } = await proxy.status();
    expect(endpoints[0]?.ejection).toMatchObject({
      status: 'ejected',
      failure: 'connection_refused',
    });
  });

  it('U1 two refused connections in a row: the third endpoint answers', async () => {
    const { proxy, upstreams } = await startRig({ count: 4 });
    await Promise.all([upstreams[0]?.refuse(), upstreams[1]?.refuse()]);
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e3');
  });

  it('U4 a kept-alive connection that the endpoint closed is replaced without a loss', async () => {
    const { proxy, first, second } = await startRig();
    // Closed at the very moment when the next request may already be on its way.
    first.always(async (turn) => {
      await sse()(turn);
      setTimeout(() => turn.socket.destroy(), 5);
    });
    let lost = 0;
    for (let round = 0; round < 200; round += 1) {
      const { status: code, end } = await call(proxy.port);
      if (code !== 200 || end !== 'clean') lost += 1;
      if (round % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    }
    expect(lost).toBe(0);
    expect(second.ledger.length).toBeLessThan(5);
  });

  it('U4 a request on a dead connection is delivered no more often than another one', async () => {
    const { proxy, first, second } = await startRig({ failover: { maxRetries: 1 } });
    await call(proxy.port);
    first.next(reset());
    second.next(reset());
    // It is not known whether the first endpoint read it before the reset.
    expect((await call(proxy.port)).status).toBe(502);
    expect([first.ledger.length, second.ledger.length]).toEqual([2, 1]);
    expect((await call(proxy.port)).status).toBe(200);
    expect((await proxy.status()).endpoints[0]?.ejection.status).toBe('admitted');
  });

  it('U4 if there is no other endpoint, the same one is tried on a fresh connection', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    await call(proxy.port);
    first.next(reset());
    expect((await call(proxy.port)).status).toBe(200);
    expect(first.ledger.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('U7 an endpoint that freezes is ejected after two delayed requests', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock });
    await call(proxy.port);
    first.always(hang());
    for (let round = 0; round < 10; round += 1) {
      const answer = call(proxy.port, { body: streamBody('x'.repeat(round)) });
      if (round < 2) {
        await eventually(() => expect(first.ledger).toHaveLength(2 + round));
        clock.advance(FIRST_BYTE_TIMEOUT_MS);
      }
      expect((await answer).status).toBe(200);
    }
    expect(first.ledger).toHaveLength(1 + 2);
  });

  it('U7 a request for a whole answer leaves an endpoint that others found silent, each time', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock, timeouts: { wholeAnswerMs: 600_000 } });
    await call(proxy.port);
    for (const time of ['first', 'second']) {
      first.always(hang());
      const before = first.ledger.length;
      const isAsked = (count: number) => () => expect(first.ledger).toHaveLength(before + count);
      const whole = call(proxy.port, { body: wholeBody(time) });
      await eventually(isAsked(1));
      for (const round of [1, 2]) {
        const stream = call(proxy.port, { body: streamBody(`${time} ${round}`) });
        await eventually(isAsked(1 + round));
        clock.advance(FIRST_BYTE_TIMEOUT_MS);
        expect((await stream).status).toBe(200);
      }
      clock.advance(1_000);
      expect((await whole).status).toBe(200);
      expect(first.ledger).toHaveLength(before + 3);
      first.always(sse());
      clock.advance(60_000);
      for (let good = 0; good < 6; good += 1) await call(proxy.port);
      expect((await proxy.status()).endpoints[0]?.ejection.status).toBe('admitted');
    }
  });
});

describe('after the first content nothing is sent again', () => {
  const cuts = [
    { name: 'U5 reset', script: cutSse(3, 'reset'), failure: 'truncated' },
    { name: 'U5 closed', script: cutSse(3, 'close'), failure: 'truncated' },
    {
      name: 'U5 a clean end without message_stop',
      script: cutSse(5, 'clean_end'),
      failure: 'truncated',
    },
    {
      name: 'U18 a bad chunk size',
      script: async ({ socket, bodyComplete }: Turn) => {
        await bodyComplete;
        socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
        socket.write(eventsOf().slice(0, 3).map(chunk).join(''));
        await new Promise((resolve) => setTimeout(resolve, 50));
        socket.write('zz\r\n');
      },
      failure: 'truncated',
    },
    {
      name: 'U18 fewer bytes than declared',
      script: raw(
        head(200, { 'content-type': 'application/json', 'content-length': '5000' }) +
          '{"type":"message","role":"assistant","content":[]',
        'close',
      ),
      failure: 'truncated',
    },
    ...[eventsOf().slice(0, 5).join(''), '{"type":"message","role":"assistant","content":[]'].map(
      (half) => ({
        name: `U18 half an answer with its own length: ${half.slice(0, 15)}`,
        script: raw(head(200, { 'content-length': String(Buffer.byteLength(half)) }) + half),
        failure: 'truncated',
      }),
    ),
    {
      name: 'U18 a stream without length that is cut',
      script: raw(
        head(200, { 'content-type': 'text/event-stream', connection: 'close' }) +
          eventsOf().slice(0, 4).join(''),
        'close',
      ),
      failure: 'truncated',
    },
  ];
  it.each(cuts)('$name ends abnormally for the client too', async ({ script, failure }) => {
    const { proxy, first, second } = await startRig();
    first.always(script);
    const result = await call(proxy.port);
    expect(result.end).toBe('cut');
    expect(result.text).not.toContain('message_stop');
    expect(second.ledger).toHaveLength(0);
    expect(await proxy.attempts()).toHaveProperty([`e1 ${failure}`]);
    await eventually(async () => expect((await proxy.status()).active_requests).toBe(0));
  });

  it('U20 an error event after content passes through', async () => {
    const { proxy, first, second } = await startRig();
    first.always(sseOf(...eventsOf().slice(0, 4), ERROR_EVENT));
    const result = await call(proxy.port);
    expect(result.text).toContain('overloaded_error');
    expect(result.end).toBe('clean');
    expect(second.ledger).toHaveLength(0);
  });

  it('U8 silence ends it abnormally at the limit, and not before', async () => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock });
    first.always(cutSse(3, 'silence'));
    const begun = Promise.withResolvers<void>();
    const answer = call(proxy.port, {
      onChunk: (text) => {
        if (text.includes('content_block_delta')) begun.resolve();
      },
    });
    await begun.promise;
    clock.advance(IDLE_MS - 1);
    expect((await proxy.status()).active_requests).toBe(1);
    clock.advance(1);
    const { end, text } = await answer;
    expect([end, text.includes('message_stop')]).toEqual(['cut', false]);
    expect(second.ledger).toHaveLength(0);
    expect(await proxy.attempts()).toHaveProperty(['e1 idle_timeout']);
  });

  it('U8 pings count as activity', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({ clock });
    const events = eventsOf();
    const turns = Promise.withResolvers<Turn>();
    first.always((turn) => turns.resolve(turn));
    let seen = '';
    const answer = call(proxy.port, {
      onChunk: (text) => {
        seen = text;
      },
    });
    const { socket, bodyComplete } = await turns.promise;
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of events.slice(0, 3)) socket.write(chunk(event));
    for (let round = 1; round <= 3; round += 1) {
      const ping = `event: ping\ndata: {"type":"ping","round":${round}}\n\n`;
      socket.write(chunk(ping));
      await eventually(() => expect(seen).toContain(ping));
      clock.advance(IDLE_MS - 1);
    }
    for (const event of events.slice(3)) socket.write(chunk(event));
    socket.write(LAST_CHUNK);
    expect((await answer).end).toBe('clean');
  });
});

/** Different requests differ in length. */
function wholeBody(text: string): string {
  return JSON.stringify({ ...JSON.parse(streamBody(text)), stream: false });
}

function streamBody(text: string): string {
  return JSON.stringify({ ...JSON.parse(STREAM_BODY), system: text });
}

describe('limits of the endpoint or of the team', () => {
  it('U11 529 everywhere is passed on with its body after two tries elsewhere', async () => {
    const { proxy, upstreams } = await startRig({ count: 4 });
    for (const upstream of upstreams) upstream.always(status(529));
    const result = await call(proxy.port);
    expect(result.status).toBe(529);
    expect(JSON.parse(result.text)).toMatchObject({ error: { type: 'overloaded_error' } });
    expect(upstreams.map(({ ledger }) => ledger.length)).toEqual([1, 1, 1, 0]);
  });

  it('U11 a retry with no endpoint left takes nothing from the budget', async () => {
    // Two endpoints and two retries: the second retry finds none. Ten retries in ten seconds.
    const failover = { retryRatio: 0, retriesPerSecond: 1, maxRetries: 2 };
    const { proxy, upstreams } = await startRig({ failover });
    for (const upstream of upstreams) upstream.always(status(529));
    for (let round = 0; round < 8; round += 1) await call(proxy.port);
    const delivered = upstreams.reduce((sum, { ledger }) => sum + ledger.length, 0);
    expect(delivered).toBe(16);
  });

  it('U12 an endpoint that gave a time is not tried before it', async () => {
    const { proxy, first, second } = await startRig();
    first.always(status(429, { 'retry-after': '7' }));
    for (let round = 0; round < 10; round += 1) await call(proxy.port);
    expect(first.ledger).toHaveLength(1);
    expect(second.ledger).toHaveLength(10);
  });

  it('U12 when all are limited, the client gets 429 and the smallest Retry-After', async () => {
    const { proxy, first, second } = await startRig();
    first.always(status(429, { 'retry-after': '40' }));
    second.always(status(429, { 'retry-after': '7', 'x-should-retry': 'true' }));
    // The limit might be specific to one request: only a second, different one confirms it.
    for (const text of ['one', 'another']) {
      const passed = await call(proxy.port, { body: streamBody(text) });
      expect([passed.status, passed.headers['x-should-retry']]).toEqual([429, 'true']);
      expect(Number(passed.headers['retry-after'])).toBe(7);
    }
    const own = await call(proxy.port, { body: streamBody('a third one') });
    expect([own.status, own.headers['x-zephyr-error']]).toEqual([429, 'rate_limited']);
    expect(Number(own.headers['retry-after'])).toBeLessThanOrEqual(10);
    expect(first.ledger.length + second.ledger.length).toBe(4);
  });

  it('U12 the client gets the smallest Retry-After also if another endpoint named it', async () => {
    const { proxy, first, second } = await startRig();
    first.always(status(429, { 'retry-after': '7' }));
    const long = { 'retry-after': '3600', 'retry-after-ms': '3600000', 'x-should-retry': 'false' };
    second.always(status(429, long));
    const { status: code, headers } = await call(proxy.port);
    expect([code, headers['retry-after-ms'], headers['x-should-retry']]).toEqual([
      429,
      undefined,
      undefined,
    ]);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(7);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(10);
  });

  it('U12 no long wait is sent while an endpoint is left that was not tried', async () => {
    const { proxy, upstreams } = await startRig({ count: 4 });
    for (const limited of upstreams.slice(0, 3))
      limited.always(status(429, { 'retry-after': '3600' }));
    const refused = await call(proxy.port);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(2);
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('U12 a limit that passes takes precedence over a refused token', async () => {
    const { proxy, first, second } = await startRig();
    second.always(status(429, { 'retry-after': '40' }));
    first.next(status(529), status(529));
    for (const text of ['one', 'another']) await call(proxy.port, { body: streamBody(text) });
    first.always(status(401));
    const result = await call(proxy.port, { body: streamBody('a third one') });
    expect([result.status, result.headers['x-zephyr-error']]).toEqual([429, 'rate_limited']);
  });

  it('U12 Retry-After as a date is understood', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    first.always(status(429, { 'retry-after': new Date(Date.now() + 50_000).toUTCString() }));
    await call(proxy.port, { body: streamBody('one') });
    await call(proxy.port, { body: streamBody('another') });
    const own = await call(proxy.port, { body: streamBody('a third one') });
    expect(Number(own.headers['retry-after'])).toBeGreaterThan(30);
    expect(first.ledger).toHaveLength(2);
  });

  it('U13 an account over its limit is left alone', async () => {
    const { proxy, first, second } = await startRig();
    const body = '{"type":"error","error":{"type":"enforced_spend_limit_reached","message":"x"}}';
    first.always(status(429, {}, body));
    // A limit met by one request does not yet apply to all.
    for (const text of ['a', 'bb', 'ccc', 'dddd', 'eeeee']) {
      expect((await call(proxy.port, { body: streamBody(text) })).status).toBe(200);
    }
    expect([first.ledger.length, second.ledger.length]).toEqual([2, 5]);
  });

  it('U14 a refused token is our problem: no 401 and no word of the endpoint', async () => {
    const { proxy, first, second } = await startRig();
    const body = '{"type":"error","error":{"type":"authentication_error","message":"key sk-123"}}';
    for (const upstream of [first, second]) upstream.always(status(401, {}, body));
    const result = await call(proxy.port);
    expect(result.status).toBe(402);
    expect(result.text).not.toContain('sk-123');
    expect(result.headers['x-should-retry']).toBe('false');
  });

  it.each([400, 405, 413, 422])(
    'U15 %i passes unchanged and counts against nobody',
    async (code) => {
      const { proxy, first, second } = await startRig();
      const body = `{"type":"error","error":{"type":"invalid_request_error","message":"é ${code}"}}`;
      first.always(status(code, { 'request-id': 'req_7', 'x-should-retry': 'false' }, body));
      for (let round = 0; round < 4; round += 1) {
        const result = await call(proxy.port);
        expect(result).toMatchObject({ status: code, text: body, end: 'clean' });
        expect(result.headers).toMatchObject({ 'request-id': 'req_7', 'x-should-retry': 'false' });
      }
      expect(second.ledger).toHaveLength(0);
      expect((await proxy.status()).endpoints[0]?.ejection.status).toBe('admitted');
    },
  );
});

describe('U25 an endpoint that comes and goes', () => {
  it('loses no request, and is left alone for longer each time', async () => {
    const clock = new ManualClock();
    const { proxy, first } = await startRig({
      clock,
      failover: { failuresToEject: 1, ejectMs: 10_000, maxEjectMs: 600_000 },
    });
    const ejections = (): readonly number[] =>
      [...proxy.log().matchAll(/"ejectedForMs":(\d+)/g)].map(([, ms]) => Number(ms));
    let served = 0;
    let asked = 0;
    const another = () => {
      asked += 1;
      return call(proxy.port, { body: streamBody('x'.repeat(asked % 100)) });
    };
    // It is up until it is trusted again, and fails the next request.
    for (let round = 0; round < 5; round += 1) {
      first.always(reset());
      while (ejections().length === round) {
        expect(await another()).toMatchObject({ status: 200, end: 'clean' });
      }
      first.always(sse());
      // The log shows rounded values.
      clock.advance((ejections().at(-1) ?? 0) + 1);
      const seen = first.ledger.length;
      while (first.ledger.length === seen) {
        expect(await another()).toMatchObject({ status: 200, end: 'clean' });
        served += 1;
      }
    }
    expect(served).toBeGreaterThanOrEqual(5);
    const ejectedForMs = ejections();
    expect(ejectedForMs).toHaveLength(5);
    // Doubled each time, give or take 20 % at random.
    expect(
      ejectedForMs.every((ms, index) => index === 0 || ms > (ejectedForMs[index - 1] ?? 0)),
    ).toBe(true);
  });
});

const refusal = (code: number, text: string): string =>
  head(code, { 'content-type': 'application/json', 'content-length': String(text.length) }) + text;

describe('strange answers', () => {
  const EVENT_STREAM = { 'content-type': 'text/event-stream' };
  const body = eventsOf().map(chunk).join('');
  const broken: readonly { name: string; bytes: string }[] = [
    { name: '101', bytes: 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n' },
    { name: 'status 099', bytes: `HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\n{}` },
    { name: 'status 999', bytes: `${head(999, { 'content-length': '2' })}{}` },
    {
      name: 'a length and chunks',
      bytes: chunkedHead(200, { ...EVENT_STREAM, 'content-length': '5' }) + body + LAST_CHUNK,
    },
    {
      name: '40 KB of headers',
      bytes:
        chunkedHead(200, { ...EVENT_STREAM, 'x-much': 'x'.repeat(40_000) }) + body + LAST_CHUNK,
    },
    {
      name: '10,001 times 100 Continue',
      bytes: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_001) + chunkedHead(200, EVENT_STREAM) + body,
    },
    { name: 'no HTTP at all', bytes: 'SSH-2.0-OpenSSH_9.2p1\r\n' },
  ];

  it.each(broken)('U23 $name: the next endpoint answers', async ({ bytes }) => {
    const { proxy, first, second } = await startRig({ timeouts: { firstByteMs: 20_000 } });
    first.always(raw(bytes));
    expect(await call(proxy.port)).toMatchObject({ status: 200, end: 'clean' });
    expect([first.ledger.length, second.ledger.length]).toEqual([1, 1]);
    expect(await proxy.attempts()).toHaveProperty(['e1 not_claude']);
  });

  it.each(broken)('U23 $name everywhere: an error of ours', async ({ bytes }) => {
    const { proxy, first, second } = await startRig();
    for (const upstream of [first, second]) upstream.always(raw(bytes));
    const result = await call(proxy.port);
    expect(result).toMatchObject({ status: 502, end: 'clean' });
    expect(JSON.parse(result.text)).toMatchObject({ error: { type: 'api_error' } });
  });

  it.each([
    { name: 'a stream', answer: chunkedHead(200, EVENT_STREAM) + body + LAST_CHUNK, code: 200 },
    { name: 'a refusal', answer: refusal(529, '{"error":{"type":"overloaded_error"}}'), code: 529 },
    {
      name: 'a client error',
      answer: refusal(400, '{"error":{"type":"invalid_request_error"}}'),
      code: 400,
    },
  ])('U23 non-HTTP data after $name, in the same packet, changes nothing', async (about) => {
    const { proxy, first } = await startRig({ count: 1 });
    first.always(raw(`${about.answer}junk\r\n\r\n`));
    for (let round = 1; round <= 3; round += 1) {
      const { status: code, end, headers } = await call(proxy.port);
      expect([code, end, headers['x-zephyr-error']]).toEqual([about.code, 'clean', undefined]);
    }
    expect((await proxy.status()).endpoints).toMatchObject([{ ejection: { status: 'admitted' } }]);
  });

  it.each([
    { code: 529, failure: 'overloaded', own: 'overloaded', wait: /^[45]$/ },
    { code: 429, failure: 'rate_limited', own: 'rate_limited', wait: /^[45]$/ },
    { code: 503, failure: 'server_error', own: 'upstream_failed', wait: /^[45]$/ },
  ])('U23 a $code cut in its body still counts as one', async ({ code, failure, own, wait }) => {
    const { proxy, first } = await startRig({ count: 1 });
    const headers = { 'retry-after': '4', 'content-length': '500' };
    first.always(raw(`${head(code, headers)}{"type":`, 'close'));
    const result = await call(proxy.port);
    expect(result.headers).toMatchObject({ 'x-zephyr-error': own });
    expect(result.headers['retry-after']).toMatch(wait);
    expect(await proxy.attempts()).toHaveProperty([`e1 ${failure}`], 1);
  });

  it('U23 a client error that is cut counts against nobody', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    const long = head(400, { 'content-type': 'application/json', 'content-length': '200000' });
    first.always(raw(`${long}{"detail":"${'x'.repeat(70_000)}`, 'close'));
    for (const session of ['ann', 'bob', 'ann', 'bob']) {
      const result = await call(proxy.port, { headers: { 'x-claude-code-session-id': session } });
      expect(result).toMatchObject({ status: 400, end: 'cut' });
    }
    expect((await proxy.status()).endpoints).toMatchObject([{ ejection: { status: 'admitted' } }]);
  });

  it('U23 a trailer after the answer is dropped', async () => {
    const { proxy, first } = await startRig();
    const trailer = '0\r\nx-late: 1\r\n\r\n';
    first.always(raw(chunkedHead(200, { ...EVENT_STREAM, trailer: 'x-late' }) + body + trailer));
    const result = await call(proxy.port);
    expect(result).toMatchObject({ status: 200, end: 'clean', text: eventsOf().join('') });
    expect(result.headers).not.toHaveProperty('trailer');
  });

  it('U19 compressed answers pass unchanged, whatever they contain', async () => {
    const { proxy, first } = await startRig();
    const bomb = Buffer.alloc(200_000, 7);
    first.always(({ socket }) => {
      socket.write(
        head(200, {
          'content-type': 'text/event-stream',
          'content-encoding': 'gzip',
          'content-length': String(bomb.length),
        }),
      );
      socket.write(bomb);
    });
    const result = await call(proxy.port);
    expect(result.headers['content-encoding']).toBe('gzip');
    expect(result.text).toHaveLength(bomb.length);
  });

  it('U22 a redirect is not followed and its Location not passed on', async () => {
    const elsewhere = await startScriptedUpstream();
    const { proxy, first, second } = await startRig();
    onTestFinished(() => elsewhere.stop());
    for (const upstream of [first, second]) {
      upstream.always(status(307, { location: `${elsewhere.url}/v1/messages` }));
    }
    const result = await call(proxy.port);
    expect(result.status).toBe(502);
    expect(result.headers).not.toHaveProperty('location');
    expect(elsewhere.connectionsSeen).toBe(0);
  });

  it('U24 an early refusal reaches the client while it still uploads', async () => {
    const { proxy, first } = await startRig({ limits: { bufferedBodiesBytes: 64 * KIB } });
    first.always(({ socket }) => {
      socket.write(head(413, { 'content-type': 'application/json', 'content-length': '2' }));
      socket.write('{}');
    });
    const result = await call(proxy.port, { body: Buffer.alloc(5_000_000, 97) });
    expect(result.status).toBe(413);
    expect(first.ledger[0]?.complete).toBe(false);
  });
});

describe('U26 all endpoints are down', () => {
  it('fails fast with an error that says when to retry', async () => {
    const { proxy, first, second } = await startRig();
    await Promise.all([first.refuse(), second.refuse()]);
    await call(proxy.port);
    const results = await Promise.all(times(50, () => call(proxy.port)));
    expect(new Set(results.map(({ status: code }) => code))).toEqual(new Set([503]));
    for (const { headers, text } of results) {
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(13);
      expect(JSON.parse(text)).toMatchObject({ error: { type: 'overloaded_error' } });
    }
  });

  it('tries every endpoint that may serve this request before it gives up', async () => {
    const { proxy, first, second } = await startRig({ failover: { failuresToEject: 1 } });
    for (const upstream of [first, second]) upstream.always(status(500));
    for (let round = 1; round <= 5; round += 1) {
      expect((await call(proxy.port)).headers['x-zephyr-error']).toBeUndefined();
      expect([first.ledger.length, second.ledger.length]).toEqual([round, round]);
    }
  });

  it('finds the first endpoint that returns', async () => {
    const { proxy, first, second } = await startRig();
    await Promise.all([first.refuse(), second.refuse()]);
    await call(proxy.port);
    await second.listen();
    await eventually(async () => expect((await call(proxy.port)).status).toBe(200));
  });
});
