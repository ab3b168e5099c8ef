import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';

import { MIB } from '@zephyr/contract/units';
import { eventually } from '@zephyr/testkit/eventually';

import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { cutSse, flood, sse, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { MAX_ANSWER_BYTES } from '../request/watched-request.ts';
import { bearer } from '../test-support/bearer.ts';
import { startForwarder } from './cli-forwarder.ts';

async function forwarderTo(script: UpstreamScript) {
  const upstream = await startScriptedUpstream({ script });
  onTestFinished(() => upstream.stop());
  const forwarder = await startForwarder({
    baseUrl: upstream.url,
    headers: bearer('sk-real-token'),
  });
  onTestFinished(async () => void (await forwarder.stop()));
  const post = (headers: Record<string, string>, body = '{"ä":1}') =>
    fetch(`${forwarder.baseUrl}/v1/messages?beta=true`, { method: 'POST', headers, body });
  const allowed = { authorization: `Bearer ${forwarder.password}` };
  return { upstream, forwarder, post, allowed };
}

describe('the forwarder of a probe', () => {
  it('refuses requests without the password of this probe', async () => {
    const { upstream, post } = await forwarderTo(sse());
    expect((await post({})).status).toBe(403);
    expect((await post({ authorization: 'Bearer zephyr-probe-guessed' })).status).toBe(403);
    expect((await post({ 'x-api-key': 'sk-real-token' })).status).toBe(403);
    expect(upstream.ledger).toEqual([]);
  });

  it('passes the body byte for byte and replaces the password with the token', async () => {
    const { upstream, forwarder, post, allowed } = await forwarderTo(sse());
    await (await post({ ...allowed, 'x-api-key': 'k', 'anthropic-beta': 'b' })).text();
    const [request] = upstream.ledger;
    expect(request?.body.toString()).toBe('{"ä":1}');
    expect(request?.target).toBe('/v1/messages?beta=true');
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer sk-real-token',
      'anthropic-beta': 'b',
    });
    expect(request?.headers).not.toHaveProperty('x-api-key');
    expect(request?.head).not.toContain(forwarder.password);
  });

  it('passes only listed headers, both ways', async () => {
    const planted = { 'set-cookie': 'a=b', location: 'http://127.0.0.1:1/', 'alt-svc': 'h3=":1"' };
    const { upstream, post, allowed } = await forwarderTo(
      sse({ headers: { ...planted, 'request-id': 'req_1', 'anthropic-ratelimit-x': '1' } }),
    );
    const { headers } = await post({ ...allowed, cookie: 'c', 'x-forwarded-for': '10.0.0.1' });
    expect(Object.fromEntries(headers)).toMatchObject({
      ...{ 'content-type': 'text/event-stream', 'request-id': 'req_1' },
      'anthropic-ratelimit-x': '1',
    });
    for (const name of Object.keys(planted)) expect(headers.has(name)).toBe(false);
    const sent = upstream.ledger[0]?.headers ?? {};
    expect(sent).not.toHaveProperty('cookie');
    expect(sent).not.toHaveProperty('x-forwarded-for');
  });

  it.each([
    '/v1/files',
    '/v1/messages/batches',
    '//v1/messages',
    '/v1/messages/../files',
    '@127.0.0.1/v1/messages',
    'http://127.0.0.1/v1/messages',
    '/v1/messages?a=b#c',
    '/v1/messages%2e',
  ])('does not forward the target %s, with the token', async (target) => {
    const { upstream, forwarder, allowed } = await forwarderTo(sse());
    const request = http.request({ port: new URL(forwarder.baseUrl).port, method: 'POST' });
    request.path = target;
    for (const [name, value] of Object.entries(allowed)) request.setHeader(name, value);
    request.end('{}');
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(answer.resume().statusCode).toBeOneOf([400, 404]);
    expect(upstream.ledger).toEqual([]);
  });

  it('reads no more than the limit, even for a CLI that does not read', async () => {
    const { upstream, forwarder } = await forwarderTo(flood(64 * MIB));
    const socket = connect(Number(new URL(forwarder.baseUrl).port), '127.0.0.1');
    const authorization = `authorization: Bearer ${forwarder.password}`;
    const reading = once(socket.pause(), 'close');
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: a\r\n${authorization}\r\ncontent-length: 2\r\n\r\n{}`,
    );
    await eventually(() => expect(upstream.openConnections).toBe(0));
    socket.resume();
    await reading;
    expect(socket.bytesRead).toBeLessThan(MAX_ANSWER_BYTES + 4096);
    const [facts] = await forwarder.stop();
    expect(facts).toMatchObject({ reached: 'answering', errorCode: 'TOO_LONG' });
  });

  it('counts requests whose bodies arrive slowly', async () => {
    const { upstream, forwarder, post, allowed } = await forwarderTo(sse());
    const slow = Array.from({ length: 8 }, () => {
      const socket = connect(Number(new URL(forwarder.baseUrl).port), '127.0.0.1');
      const head = `POST /v1/messages HTTP/1.1\r\nhost: a\r\nauthorization: ${allowed.authorization}`;
      socket.write(`${head}\r\ncontent-length: 9\r\n\r\n{`);
      socket.on('error', () => undefined);
      return socket;
    });
    await eventually(async () => expect((await post(allowed)).status).toBe(403));
    for (const socket of slow) socket.destroy();
    expect(upstream.ledger.length).toBeLessThan(8);
  });

  it('never ends half an answer cleanly, because the CLI would take it for a whole one', async () => {
    const { forwarder, post, allowed } = await forwarderTo(cutSse(3, 'reset'));
    await expect(post(allowed).then((answer) => answer.text())).rejects.toThrow();
    expect((await forwarder.stop())[0]?.reached).toBe('answering');
  });

  it('answers the CLI’s request at its start without the endpoint', async () => {
    const { upstream, forwarder } = await forwarderTo(sse());
    expect((await fetch(forwarder.baseUrl, { method: 'HEAD' })).status).toBe(200);
    expect(upstream.ledger).toEqual([]);
  });

  it('does not forward more requests than a probe needs', async () => {
    const { upstream, post, allowed } = await forwarderTo(sse());
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(allowed)));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(4);
    expect(upstream.ledger).toHaveLength(8);
  });
});
