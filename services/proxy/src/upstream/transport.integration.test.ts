/**
 * Behaviour of http-proxy-middleware and httpxy that the proxy relies on, and that they do not promise. If
 * one of these fails after an upgrade, transport.ts must be reviewed.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';

import { endpointId } from '@zephyr/core';
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { type ScriptedProxy, startScriptedProxy } from '@zephyr/testkit/scripted-proxy';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { VALID } from '@zephyr/testkit/tls-fixture';
import {
  chunk,
  chunkedHead,
  eventsOf,
  hang,
  head,
  json,
  raw,
  status,
} from '@zephyr/testkit/upstream-scripts';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { closePool } from './connection-pool.ts';
import { createEndpoints, type UpstreamEndpoint } from './endpoints.ts';
import { createTransport, type Transport, type UpstreamRequest } from './transport.ts';

const BODY = Buffer.from('{"hello":1}');

let send: Transport;
let upstream: ScriptedUpstream;
let endpoint: UpstreamEndpoint;

const WAYS = ['directly', 'through http', 'through socks5', 'through https, over TLS'] as const;

/** All of this holds for every kind of connection. */
async function connectBy(way: (typeof WAYS)[number]): Promise<void> {
  const isTls = way === 'through https, over TLS';
  upstream = await startScriptedUpstream(isTls ? { tls: VALID } : {});
  send = createTransport();
  const outbound = await outboundProxyFor(way);
  const config = {
    endpoints: [
      {
        ...{ id: endpointId('e'), name: 'e', groupName: 'g', baseUrl: upstream.url },
        ...(isTls ? { authorities: VALID.cert } : {}),
        ...(outbound === undefined ? {} : { outboundProxy: { url: outbound.url, from: 'proxy' } }),
      },
    ],
    timeouts: { connectMs: 20_000 },
  };
  const secrets = {
    groupTokens: new Map([['g', new Secret('t')]]),
    endpointHeaders: new Map(),
    tlsKeys: new Map(),
    proxyCredentials: new Map(),
    ownCertificates: { server: undefined, controller: undefined },
    clientKeys: [],
    notifyTargets: [],
    traceHeaders: new Map(),
  };
  const [made] = createEndpoints(config as never, secrets);
  if (made === undefined) throw new Error('no endpoint');
  endpoint = made;
  onTestFinished(async () => {
    closePool(endpoint.agent);
    await upstream.stop();
    await outbound?.stop();
  });
}

async function outboundProxyFor(way: (typeof WAYS)[number]): Promise<ScriptedProxy | undefined> {
  if (way === 'directly') return undefined;
  if (way === 'through https, over TLS')
    return await startScriptedProxy({ kind: 'https', tls: VALID });
  return await startScriptedProxy({ kind: way === 'through http' ? 'http' : 'socks5' });
}

function request(parts: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: 'POST',
    pathAndQuery: '/v1/messages?beta=true',
    headers: { host: 'e' },
    framing: { kind: 'length', bytes: BODY.length },
    body: { pipe: (destination) => void destination.end(BODY) },
    isOnFreshConnection: false,
    ...parts,
  };
}

/** Sends and collects what the handlers receive. */
function attempt(parts: Partial<UpstreamRequest> = {}) {
  const received: string[] = [];
  const answered = Promise.withResolvers<IncomingMessage>();
  const sending = send(endpoint, request(parts), {
    onRequest: (upstreamRequest) =>
      received.push(upstreamRequest.reusedSocket ? 'request on a reused socket' : 'request'),
    onResponse: (response) => {
      received.push(`response ${response.statusCode}`);
      answered.resolve(response);
    },
    onError: () => received.push('error'),
  });
  return { received, sending, answered: answered.promise };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response) text += part;
  return text;
}

describe.each(WAYS)('send %s', (way) => {
  beforeEach(() => connectBy(way));

  it('depends on exactly the versions that it was written for', () => {
    const require = createRequire(import.meta.url);
    expect(require('../../package.json').dependencies['http-proxy-middleware']).toBe('4.2.2');
    const lock = require('../../../../package-lock.json');
    expect(lock.packages['node_modules/httpxy'].version).toBe('0.5.6');
  });

  it('hands the answer to us and writes nothing itself', async () => {
    upstream.always(json());
    const { received, answered } = attempt();
    expect(await textOf(await answered)).toContain('"type":"message"');
    expect(received).toEqual(['request', 'response 200']);
    expect(upstream.ledger[0]?.body.equals(BODY)).toBe(true);
    expect(upstream.ledger[0]?.target).toBe('/v1/messages?beta=true');
  });

  it('sends the given headers, and the agent’s', async () => {
    await attempt({ headers: { host: 'x', 'x-a': '1' } }).answered;
    expect(upstream.ledger[0]?.headers).toEqual({
      host: 'x',
      'content-length': String(BODY.length),
      'x-a': '1',
      connection: 'keep-alive',
    });
  });

  it('keeps connections, and opens a fresh one on request', async () => {
    upstream.always(json());
    for (const isOnFreshConnection of [false, false, true]) {
      await textOf(await attempt({ isOnFreshConnection }).answered);
    }
    expect(upstream.ledger.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('opens a fresh one if the free one has just died', async () => {
    upstream.always(json());
    await textOf(await attempt().answered);
    const free = () => Object.values(endpoint.agent.freeSockets).flat();
    await eventually(() => expect(free()).toHaveLength(1));
    // Still in the list: its end is seen one tick later.
    free()[0]?.destroy();
    expect(await textOf(await attempt().answered)).toContain('"type":"message"');
    expect(upstream.ledger.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('succeeds with a fourth attempt after three refused ones', async () => {
    upstream.next(status(503), status(503), status(503), json());
    const codes = [];
    for (let round = 0; round < 4; round += 1) {
      const { answered } = attempt();
      const response = await answered;
      codes.push(response.statusCode);
      response.resume();
    }
    expect(codes).toEqual([503, 503, 503, 200]);
  });

  it.each([
    { name: 'before the answer', script: hang(), isAnswered: false },
    {
      name: 'during the answer',
      isAnswered: true,
      script: raw(chunkedHead(200, {}) + eventsOf().slice(0, 2).map(chunk).join('')),
    },
  ])('an abort $name closes the connection', async ({ script, isAnswered }) => {
    upstream.always(script);
    const { sending, answered } = attempt();
    await eventually(() => expect(upstream.ledger[0]?.complete).toBe(true));
    if (isAnswered) await once(await answered, 'data');
    sending.abort();
    await eventually(() => expect(upstream.openConnections).toBe(0));
  });

  it('an abort before the library has sent anything: nothing is sent', async () => {
    const body = vi.fn();
    const { received, sending } = attempt({ body: { pipe: body } });
    sending.abort();
    // A later request has its answer, so the first one would have arrived by now.
    await textOf(await attempt().answered);
    expect(upstream.ledger).toHaveLength(1);
    await eventually(() => expect(upstream.openConnections).toBe(1));
    expect(body).not.toHaveBeenCalled();
    expect(received.filter((event) => event !== 'error')).toEqual([]);
  });

  it('an abort between choosing a reused socket and sending writes nothing to it', async () => {
    upstream.always(json());
    await textOf(await attempt().answered);
    const body = vi.fn();
    const { received, sending } = attempt({ body: { pipe: body } });
    // The library is past its router by then, and waits.
    queueMicrotask(() => sending.abort());
    await textOf(await attempt().answered);
    expect(upstream.ledger.map(({ complete }) => complete)).toEqual([true, true]);
    expect(body).not.toHaveBeenCalled();
    expect(received.filter((event) => event !== 'error')).toEqual([]);
  });

  it.each([
    { name: 'length', framing: { kind: 'length', bytes: BODY.length } as const },
    { name: 'chunks', framing: { kind: 'chunked' } as const },
  ])('$name: declares for every method where the request ends', async ({ framing }) => {
    upstream.always(json());
    for (const method of ['POST', 'GET', 'DELETE', 'HEAD']) {
      const { answered } = attempt({ method, framing });
      (await answered).resume();
      await eventually(() => expect(upstream.ledger.at(-1)?.complete).toBe(true));
      const { headers, body } = upstream.ledger.at(-1) ?? {};
      expect(body?.equals(BODY)).toBe(true);
      expect(headers?.['content-length']).toBe(framing.kind === 'length' ? '11' : undefined);
      expect(headers?.['transfer-encoding']).toBe(
        framing.kind === 'chunked' ? 'chunked' : undefined,
      );
    }
    expect(upstream.ledger).toHaveLength(4);
  });

  it.each([
    { name: 'longer than its framing', bytes: BODY.length - 1 },
    { name: 'shorter than its framing', bytes: BODY.length + 1 },
    { name: 'undeclared', bytes: 0 },
  ])('a body that is $name: the connection ends', async ({ bytes }) => {
    upstream.always(json());
    const { received } = attempt({ framing: { kind: 'length', bytes } });
    await eventually(() => expect(received).toContain('error'));
    await eventually(() => expect(upstream.openConnections).toBe(0));
    await textOf(await attempt().answered);
    expect(upstream.ledger.at(-1)?.target).toBe('/v1/messages?beta=true');
    expect(upstream.ledger.at(-1)?.body.equals(BODY)).toBe(true);
  });

  it('no byte beyond the framing is written, even before the body ends', async () => {
    upstream.always(json());
    const { received } = attempt({
      framing: { kind: 'length', bytes: BODY.length - 1 },
      body: { pipe: (destination) => void destination.write(BODY) },
    });
    await eventually(() => expect(received).toContain('error'));
    await eventually(() => expect(upstream.openConnections).toBe(0));
    expect(received).not.toContain('response 200');
    expect(upstream.ledger.filter(({ complete }) => complete)).toEqual([]);
  });

  it('unsolicited data from an endpoint is not an answer to anyone', async () => {
    upstream.always(({ socket }) => {
      socket.write(`${head(200, { 'content-length': '2' })}{}`);
      setTimeout(() => socket.write(`${head(200, { 'content-length': '4' })}EVIL`), 20);
    });
    expect(await textOf(await attempt().answered)).toBe('{}');
    await eventually(() => expect(upstream.openConnections).toBe(0));
    expect(await textOf(await attempt().answered)).toBe('{}');
  });

  it('reports a cut answer as incomplete', async () => {
    upstream.always(raw(`${chunkedHead(200, {})}5\r\nhello\r\n`, 'close'));
    const response = await attempt().answered;
    await expect(textOf(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(response.complete).toBe(false);
  });

  it('reports a refused connection as an error', async () => {
    await upstream.refuse();
    const { received } = attempt();
    await eventually(() => expect(received).toContain('error'));
  });

  it('receives an answer that arrives before the body is sent', async () => {
    upstream.always(({ socket }) => void socket.write(`${head(413, { 'content-length': '2' })}{}`));
    const { answered } = attempt({
      framing: { kind: 'length', bytes: 100_000 },
      body: { pipe: (destination) => void destination.write(BODY) },
    });
    const response = await answered;
    expect([response.statusCode, await textOf(response)]).toEqual([413, '{}']);
    await eventually(() => expect(upstream.openConnections).toBe(0));
  });

  it('a connection that was answered before its request was sent is not reused', async () => {
    let finish = (): void => undefined;
    let endAnswer = (): void => undefined;
    upstream.always(({ socket }) => {
      socket.write(head(200, { 'content-length': '2' }));
      endAnswer = () => void socket.write('{}');
    });
    const { answered } = attempt({
      body: {
        pipe: (destination) => {
          destination.write(BODY.subarray(0, 5));
          finish = () => destination.end(BODY.subarray(5));
        },
      },
    });
    const response = await answered;
    finish();
    await eventually(() => expect(upstream.ledger[0]?.complete).toBe(true));
    upstream.always(json());
    // Answer and request are whole now, in the wrong order.
    expect(response.complete).toBe(false);
    response.resume();
    endAnswer();
    await new Promise((resolve) => response.once('close', resolve));
    await textOf(await attempt().answered);
    expect(upstream.ledger.map(({ connection }) => connection)).toEqual([1, 2]);
  });
});
