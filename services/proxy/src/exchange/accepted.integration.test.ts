/** Requests that clients may send, and answers that are passed on as soon as they arrive. */
import { gzipSync, zstdCompressSync } from 'node:zlib';

import { call, STREAM_BODY, sendRaw } from '@zephyr/testkit/http-call';
import {
  chunk,
  chunkedHead,
  eventsOf,
  head,
  LAST_CHUNK,
  sse,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const bytes = Buffer.byteLength(STREAM_BODY);
const post = (lines: readonly string[], body: string, version = '1.1') =>
  `${[`POST /v1/messages HTTP/${version}`, 'Host: localhost', 'Content-Type: application/json', ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`;

describe('a request', () => {
  it.each([
    ['gzip', gzipSync(STREAM_BODY)],
    ['zstd', zstdCompressSync(STREAM_BODY)],
  ])('with a body in %s passes untouched', async (encoding, body) => {
    const { proxy, first } = await startRig();
    const headers = { 'content-encoding': encoding };
    for (const round of [1, 2]) {
      const answers = await Promise.all([
        call(proxy.port, { body, headers }),
        call(proxy.port, { body, headers }),
      ]);
      expect([round, ...answers.map(({ status }) => status)]).toEqual([round, 200, 200]);
    }
    expect(first.ledger).toHaveLength(4);
    for (const entry of first.ledger) {
      expect(entry.body.equals(body)).toBe(true);
      expect(entry.headers).toMatchObject({
        'content-encoding': encoding,
        'content-length': String(body.length),
      });
    }
  });

  it.each([
    ['in HTTP/1.0', post([`Content-Length: ${bytes}`], STREAM_BODY, '1.0')],
    ['in chunks', post(['Transfer-Encoding: chunked'], chunk(STREAM_BODY) + LAST_CHUNK)],
    ['that expects 100', post(['Expect: 100-continue', `Content-Length: ${bytes}`], STREAM_BODY)],
  ])('%s is answered in full', async (_, request) => {
    const { proxy, first } = await startRig();
    for (const _round of [1, 2]) {
      const { text, closedBy } = await sendRaw(proxy.port, request, 30_000);
      expect(text).toContain(' 200 OK');
      expect(text).toContain('message_stop');
      expect(closedBy).toBe('peer');
    }
    expect(first.ledger.map(({ body }) => body.toString())).toEqual([STREAM_BODY, STREAM_BODY]);
  });
});

describe('an answer', () => {
  const MESSAGE = '{"type":"message","content":[{"type":"text","text":"hello"}]}';

  it('of blank lines and then JSON is passed on with the blank lines', async () => {
    const { proxy, first } = await startRig();
    first.always(({ socket }) => {
      const length = String(MESSAGE.length + 6);
      socket.write(head(200, { 'content-type': 'application/json', 'content-length': length }));
      socket.write('\r\n\r\n\r\n');
      setImmediate(() => socket.write(MESSAGE));
    });
    const answer = await call(proxy.port);
    expect([answer.status, answer.text]).toEqual([200, `\r\n\r\n\r\n${MESSAGE}`]);
  });

  it('to GET passes its headers on before its body arrives', async () => {
    const { proxy, first } = await startRig();
    let finish = (): void => undefined;
    first.always(({ socket }) => {
      socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
      finish = () => void socket.write(chunk(eventsOf()[0] ?? '') + LAST_CHUNK);
    });
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/v1/models`);
    // No part of the body has been sent.
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    finish();
    expect(await answer.text()).toBe(eventsOf()[0]);
    first.always(sse());
    expect((await call(proxy.port)).status).toBe(200);
  });
});
