/**
 * Thousands of damaged requests and answers: the process survives, nothing hangs, an endpoint receives only
 * what the proxy meant to send, and an answer that looks complete to a client is complete. The seed is
 * printed with every failure; the same seed produces the same bytes.
 */
import { connect } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import {
  chunk,
  chunkedHead,
  eventsOf,
  head,
  json,
  LAST_CHUNK,
  MESSAGE,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { type ProxyProcess, startProxyProcess } from '../test-support/proxy-process.ts';
import { tokenOf } from '../test-support/test-proxy.ts';

const SEED = 20_261_123;
const REQUESTS = 5_000;
const ANSWERS = 1_500;
/** CPU-bound, and others may keep the CPU busy. */
const TIMEOUT_MS = 240_000;
const AT_ONCE = 64;
/** Without an answer for this long, the bytes may not have been a whole request. */
const QUIET_MS = 250;
const LIVEZ = { method: 'GET', path: '/livez', body: '' };

/** mulberry32: small, seeded, good enough to damage bytes. */
function rngOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const HIDDEN = 'GET /v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const INSERTS = [
  'Trailer: x\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 3\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: websocket\r\nConnection: upgrade\r\n',
  'Connection: authorization, x-api-key\r\n',
  'Host: y\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\t',
  ' ',
  ':',
  ';',
  '\x7f',
  '\xff',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  HIDDEN,
  '__proto__: x\r\n',
  'x-api-key: stolen\r\n',
  '../..',
  '%2e',
  '%00',
  '//',
  '\\',
  'HTTP/1.0',
  'HTTP/9.9',
  '099',
  '101',
  '999',
  'Set-Cookie: a=b\r\n',
  'Location: http://x/\r\n',
  'Content-Encoding: gzip\r\n',
  'Retry-After: -1\r\n',
];

/** One to four small damages, most of them in the head, where parsers live. */
function damage(bytes: string, rng: () => number): string {
  let text = bytes;
  const times = 1 + Math.floor(rng() * 4);
  for (let round = 0; round < times; round += 1) {
    const end = rng() < 0.7 ? Math.max(1, text.indexOf('\r\n\r\n') + 4) : text.length;
    const at = Math.floor(rng() * end);
    const kind = rng();
    if (kind < 0.45)
      text =
        text.slice(0, at) + (INSERTS[Math.floor(rng() * INSERTS.length)] ?? '') + text.slice(at);
    else if (kind < 0.6) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(rng() * 8));
    else if (kind < 0.8)
      text = text.slice(0, at) + String.fromCharCode(Math.floor(rng() * 256)) + text.slice(at + 1);
    else if (kind < 0.9) text = text.slice(0, at);
    else text = text.slice(0, at) + text.slice(Math.floor(rng() * at), at) + text.slice(at);
  }
  return text;
}

/**
 * Sends the bytes; settles when the connection ends, after the first answer, or if there is none although two
 * later requests were answered: the bytes were not a whole request then. To the proxy, a client that
 * half-closes immediately has left.
 */
function poke(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const limit = setTimeout(async () => {
      for (let round = 0; round < 2; round += 1) await call(port, LIVEZ);
      socket.destroy();
    }, QUIET_MS);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end());
    socket.on('close', () => {
      clearTimeout(limit);
      resolve();
    });
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

async function inBatches(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await act(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const CONFIG = `extra_paths = ["/v1/files/f"]

[failover]
retry = "connect"
failures_to_eject = 1000000
eject_seconds = 1
max_eject_seconds = 1
max_cool_down_seconds = 1
[timeouts]
first_byte_ms = 60_000
whole_answer_ms = 60_000
gate_ms = 60_000
idle_ms = 60_000
[limits]
connections_per_address = 10000
`;

/** One upstream under many names, so that some are always in service. */
async function start(names: number): Promise<{ proxy: ProxyProcess; upstream: ScriptedUpstream }> {
  const upstream = await startScriptedUpstream();
  const endpoints = Array.from({ length: names }, (_, name) =>
    names === 1 ? upstream.url : `${upstream.url}/name-${name}`,
  );
  const proxy = await startProxyProcess({ endpoints, config: CONFIG });
  onTestFinished(async () => {
    proxy.kill();
    await upstream.stop();
  });
  return { proxy, upstream };
}

async function attemptsOf(proxy: ProxyProcess): Promise<number> {
  const { text } = await call(proxy.port, { method: 'GET', path: '/metrics', body: '' });
  const counts = text.matchAll(/^zephyr_proxy_attempts_total\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function activeOf(proxy: ProxyProcess): Promise<number> {
  const { text } = await call(proxy.port, { method: 'GET', path: '/status', body: '' });
  return (JSON.parse(text) as { active_requests: number }).active_requests;
}

const VALID_REQUESTS = [
  `POST /v1/messages?beta=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${STREAM_BODY.length}\r\nConnection: close\r\n\r\n${STREAM_BODY}`,
  `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n`,
  'GET /v1/models?limit=10 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n',
  `DELETE /v1/files/f HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
];

const stream = eventsOf();
const VALID_ANSWERS = [
  chunkedHead(200, { 'content-type': 'text/event-stream' }) +
    stream.map(chunk).join('') +
    LAST_CHUNK,
  head(200, {
    'content-type': 'application/json',
    'content-length': String(JSON.stringify(MESSAGE).length),
  }) + JSON.stringify(MESSAGE),
  head(500, { 'content-length': '0' }),
  'HTTP/1.1 100 Continue\r\n\r\n' +
    chunkedHead(200, { 'content-type': 'text/event-stream' }) +
    stream.map(chunk).join('') +
    LAST_CHUNK,
];

describe(`damaged messages (seed ${SEED})`, () => {
  it(
    `${REQUESTS} requests: the process lives and nothing is smuggled`,
    async () => {
      const { proxy, upstream } = await start(1);
      upstream.always(json());
      const rng = rngOf(SEED);
      await inBatches(REQUESTS, (index) =>
        poke(proxy.port, damage(VALID_REQUESTS[index % VALID_REQUESTS.length] ?? '', rng)),
      );
      const { ledger } = upstream;
      expect(ledger.length).toBeGreaterThan(50);
      for (const { method, target, headers, head: text } of ledger) {
        expect(['GET', 'POST', 'DELETE']).toContain(method);
        expect(target).toMatch(
          /^\/v1\/(messages(\/count_tokens)?|models(\/[A-Za-z0-9._~:@%-]+)?|files\/f)(\?[\x21-\x7e]*)?$/,
        );
        expect(target).not.toMatch(/\/\.|\/\/|\\/);
        expect(headers['authorization']).toBe(`Bearer ${tokenOf('main')}`);
        expect(text).not.toMatch(/stolen|^(trailer|te|upgrade|expect|x-api-key|cookie):/im);
      }
      // Both ends agree on the number of requests: none hid in another one's body.
      await eventually(async () => expect(await activeOf(proxy)).toBe(0));
      expect(ledger.length).toBeLessThanOrEqual(await attemptsOf(proxy));
      expect(proxy.child.exitCode).toBeNull();
      expect(proxy.output()).not.toMatch(/uncaught|handler failed/);
    },
    TIMEOUT_MS,
  );

  it(
    `${ANSWERS} answers: the process lives, and what ends cleanly is whole`,
    async () => {
      const { proxy, upstream } = await start(100);
      const rng = rngOf(SEED + 1);
      let served = 0;
      upstream.always(async ({ socket, bodyComplete }) => {
        await bodyComplete;
        served += 1;
        const answer = damage(VALID_ANSWERS[served % VALID_ANSWERS.length] ?? '', rng);
        socket.end(Buffer.from(answer, 'latin1'));
      });
      const masked: string[] = [];
      let asked = 0;
      while (served < ANSWERS && asked < 4 * ANSWERS) {
        await inBatches(500, async () => {
          asked += 1;
          const { status, text, end, headers } = await call(proxy.port);
          expect(end === 'failed' || (status >= 200 && status <= 599)).toBe(true);
          expect(Object.keys(headers)).not.toContain('set-cookie');
          expect(Object.keys(headers)).not.toContain('location');
          const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
          const isPlain = headers['content-encoding'] === undefined;
          if (
            end === 'clean' &&
            status === 200 &&
            isStream &&
            isPlain &&
            !text.includes('message_stop')
          ) {
            masked.push(text);
          }
        });
      }
      expect(served).toBeGreaterThanOrEqual(ANSWERS);
      expect(masked).toEqual([]);
      await eventually(async () => expect(await activeOf(proxy)).toBe(0));
      expect(proxy.child.exitCode).toBeNull();
      expect(proxy.output()).not.toMatch(/uncaught|handler failed/);
    },
    TIMEOUT_MS,
  );
});
