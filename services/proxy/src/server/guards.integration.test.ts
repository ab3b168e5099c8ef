/**
 * Pitfalls of the proxy library and of HTTP itself, found by experiment. Each test is named after the rule
 * that it guards, and fails if the rule is broken.
 */

import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY, sendRaw } from '@zephyr/testkit/http-call';
import {
  chunk,
  chunkedHead,
  cutSse,
  head,
  LAST_CHUNK,
  raw,
  sse,
  status,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';
import { tokenOf } from '../test-support/test-proxy.ts';

function rawPost(extraHeaders: readonly string[], body = STREAM_BODY): string {
  const headers = [
    'Host: localhost',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...extraHeaders,
  ];
  return `POST /v1/messages HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}

describe('request headers', () => {
  it('a Trailer header of the client never reaches the library, which would throw', async () => {
    const { proxy, first } = await startRig();
    await sendRaw(
      proxy.port,
      'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nTrailer: x\r\nConnection: close\r\n\r\n',
    );
    await sendRaw(proxy.port, rawPost(['Trailer: Expires', 'Connection: close']));
    expect(first.ledger.map(({ headers }) => headers['trailer'])).toEqual([undefined, undefined]);
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('Expect does not carry the client key past the credential swap', async () => {
    const { proxy, first } = await startRig();
    const result = await sendRaw(
      proxy.port,
      rawPost([
        'Expect: 100-continue',
        'Authorization: Bearer client-secret',
        'x-api-key: client-secret',
        'Connection: close',
      ]),
    );
    expect(result.text).toContain('message_stop');
    expect(first.ledger[0]?.headers['authorization']).toBe(`Bearer ${tokenOf('main')}`);
    expect(first.ledger[0]?.head).not.toContain('client-secret');
    expect(first.ledger[0]?.headers).not.toHaveProperty('expect');
  });

  it('only listed headers go upstream, and none listed in Connection', async () => {
    const { proxy, first } = await startRig({ server: { open: true } });
    await sendRaw(
      proxy.port,
      rawPost([
        'Connection: close, anthropic-beta, authorization',
        'anthropic-beta: hop',
        'anthropic-version: 2023-06-01',
        'x-stainless-os: Linux',
        'x-claude-code-session-id: s1',
        'Cookie: a=b',
        'Proxy-Authorization: Basic eA==',
        'TE: trailers',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABk',
        'X-Forwarded-For: 127.0.0.1',
        '__proto__: polluted',
        'x-unknown: 1',
      ]),
    );
    expect(Object.keys(first.ledger[0]?.headers ?? {}).sort()).toEqual([
      'accept-encoding',
      'anthropic-version',
      'authorization',
      'connection',
      'content-length',
      'host',
      'x-claude-code-session-id',
      'x-stainless-os',
    ]);
  });
});

describe('response headers and status', () => {
  const cases: readonly { name: string; bytes: string; failure?: string }[] = [
    { name: 'a Trailer with a length', bytes: head(200, { trailer: 'x', 'content-length': '2' }) },
    { name: 'a status below 100', bytes: 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n' },
    { name: 'a status above 599', bytes: 'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n' },
    {
      name: 'an unrequested 101',
      bytes: 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      failure: 'not_claude',
    },
    { name: 'a redirect', bytes: head(307, { location: 'http://x/', 'content-length': '0' }) },
    {
      name: 'endless interim responses',
      bytes: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_001),
      failure: 'not_claude',
    },
    { name: 'a 40 KB header', bytes: head(200, { 'x-long': 'a'.repeat(40_000) }) },
    {
      name: 'length and chunks together',
      bytes: `${head(200, { 'content-length': '5', 'transfer-encoding': 'chunked' })}0\r\n\r\n`,
    },
  ];
  it.each(cases)('$name of an endpoint is a failure, not our end', async ({ bytes, failure }) => {
    const { proxy, first, second } = await startRig({ timeouts: { firstByteMs: 20_000 } });
    first.always(raw(bytes));
    const result = await call(proxy.port);
    expect(result.status).toBe(200);
    expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    expect(second.ledger).toHaveLength(1);
    // Detected directly: a time limit would hide a request that hangs.
    if (failure !== undefined) expect(await proxy.attempts()).toHaveProperty([`e1 ${failure}`], 1);
  });

  it('an answer without a body declares no length', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    const path = '/v1/messages/count_tokens';
    first.always(raw(head(204, { 'content-length': '5' })));
    for (let round = 0; round < 2; round += 1) {
      const { status: code, headers } = await call(proxy.port, { path });
      expect([code, headers['content-length']]).toEqual([204, undefined]);
    }
    first.always(sse());
    expect((await call(proxy.port)).end).toBe('clean');
  });

  it('only listed headers are returned', async () => {
    const { proxy, first } = await startRig();
    first.always(
      sse({
        headers: {
          'request-id': 'req_1',
          'anthropic-ratelimit-requests-remaining': '3',
          'anthropic-organization-id': 'org',
          'set-cookie': 'a=b',
          server: 'secret-host',
          via: 'secret-host',
          'x-powered-by': 'x',
          'keep-alive': 'timeout=5',
        },
      }),
    );
    const { headers } = await call(proxy.port);
    expect(Object.keys(headers).sort()).toEqual([
      'anthropic-ratelimit-requests-remaining',
      'connection',
      'content-type',
      'date',
      'request-id',
      'transfer-encoding',
      'x-zephyr-endpoint',
    ]);
  });
});

describe('errors', () => {
  it('a cut stream never ends cleanly and gets no text appended', async () => {
    const { proxy, first, second } = await startRig();
    first.always(cutSse(3, 'reset'));
    const result = await call(proxy.port);
    expect(result.end).toBe('cut');
    expect(result.text).not.toMatch(/proxy|error/i);
    expect(second.ledger).toHaveLength(0);
  });

  it('an error of ours reveals no host, path or query and leaves nothing hanging', async () => {
    const { proxy, first, second } = await startRig();
    await Promise.all([first.refuse(), second.refuse()]);
    const { status: code, text } = await call(proxy.port, { path: '/v1/messages?secret=q' });
    expect(code).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'overloaded_error' } });
    expect(text).not.toMatch(/127\.0\.0\.1|secret|v1|stack/);
  });
});

describe('the raw target', () => {
  const bad = [
    '//evil.example/v1/x',
    '/api/admin/../../v1/x',
    '/v1/..%2fadmin',
    '/v1evil/x',
    'http://evil.example/v1/models',
    '/v1/%2e%2e/admin',
    '/v1/../admin',
    '/v1/./messages',
    '/v1//messages',
    '/v1\\messages',
    '/v1/messages;x',
    '/v1/messages%00',
    '/v1/%252e%252e/x',
    '/v1/',
    '/v1',
    '*',
    '/status/../v1/messages',
  ];
  it.each(bad)('%s does not go upstream', async (target) => {
    const { proxy, first } = await startRig();
    const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const { text } = await sendRaw(proxy.port, request);
    expect(text).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(first.ledger).toHaveLength(0);
  });

  it('the path goes upstream exactly as received, after the path of the endpoint', async () => {
    const { proxy, first } = await startRig();
    await call(proxy.port, { path: '/v1/messages/count_tokens?beta=true&x=%20' });
    expect(first.ledger[0]?.target).toBe('/v1/messages/count_tokens?beta=true&x=%20');
  });
});

describe('connections upstream', () => {
  it('more than 256 streams of one endpoint run at the same time', async () => {
    const { proxy, first } = await startRig({ timeouts: { firstByteMs: 20_000 } });
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    first.always(async (turn) => {
      await gate;
      await sse()(turn);
    });
    const calls = Array.from({ length: 300 }, () => call(proxy.port));
    await eventually(() => expect(first.ledger.length).toBe(300));
    release();
    const results = await Promise.all(calls);
    expect(results.filter(({ end }) => end === 'clean')).toHaveLength(300);
  });

  it('a kept-alive connection is reused', async () => {
    const { proxy, first } = await startRig();
    for (let round = 0; round < 5; round += 1) await call(proxy.port);
    expect(first.connectionsSeen).toBe(1);
  });
});

describe('bodies', () => {
  it('pass byte for byte, even if they are not text', async () => {
    const { proxy, first } = await startRig();
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    await call(proxy.port, { body });
    expect(first.ledger[0]?.body.equals(body)).toBe(true);
    expect(first.ledger[0]?.headers['content-length']).toBe('300000');
  });

  it('answers pass byte for byte, with the events that were buffered', async () => {
    const { proxy, first } = await startRig();
    const events = ['event: ping\r\ndata: {"type":"ping"}\r\n\r\n', ': note\n\n'];
    const rest =
      'event: content_block_delta\ndata: {"type":"content_block_delta","x":"\u00e9"}\n\n';
    const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
    first.always(({ socket }) => {
      socket.write(chunkedHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }));
      for (const event of [...events, rest, stop]) socket.write(chunk(event));
      socket.write(LAST_CHUNK);
    });
    const result = await call(proxy.port);
    expect(result.text).toBe([...events, rest, stop].join(''));
    expect(result.end).toBe('clean');
  });

  const refusals: readonly (readonly [number, string])[] = [
    [400, 'invalid_request_error'],
    [413, 'request_too_large'],
    [422, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ];
  it.each(refusals)('the token that a %d repeats does not come down', async (code, type) => {
    const { proxy, upstreams } = await startRig();
    const token = tokenOf('main');
    const message = `\u00e9 Authorization: Bearer ${token}, ${token}${token}`;
    const body = JSON.stringify({ type: 'error', error: { type, message } });
    const refusal = status(code, { 'request-id': `for ${token}`, 'anthropic-x': token }, body);
    for (const upstream of upstreams) upstream.always(refusal);
    for (let round = 0; round < 2; round += 1) {
      const result = await call(proxy.port);
      expect([result.status, result.end]).toEqual([code, 'clean']);
      expect(JSON.parse(result.text).error.type).toBe(type);
      expect(result.text).toContain('\u00e9 Authorization: Bearer ***');
      expect(JSON.stringify(result.headers) + result.text).not.toContain(token);
    }
    for (const upstream of upstreams) upstream.always(sse());
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('an upstream 401 does not reach the client as a 401', async () => {
    const { proxy, first, second } = await startRig();
    first.always(status(401));
    second.always(status(401));
    const result = await call(proxy.port);
    expect(result.status).toBe(402);
    expect(result.headers['x-should-retry']).toBe('false');
  });
});
