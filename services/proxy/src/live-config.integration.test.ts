/** Configuration changes while requests run. */

import { connect } from 'node:net';
import type { Config } from '@zephyr/runtime/config/config';
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { call, sendRaw } from '@zephyr/testkit/http-call';
import { demanding, sse, status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type ChangingRig,
  startChangingRig,
  type TestSource,
} from './test-support/changing-config.ts';

function without(config: Config, id: string): Config {
  return { ...config, endpoints: config.endpoints.filter((endpoint) => endpoint.id !== id) };
}

describe('a changed configuration', () => {
  it('F4 that removes the active endpoint: its streams end, new requests go elsewhere', async () => {
    const { proxy, source, first } = await startChangingRig();
    first.always(sse({ gapMs: 100, deltas: 8 }));
    const begun = Promise.withResolvers<void>();
    const running = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    source.change(({ config }) => ({ config: without(config, 'e1') }));
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e2');
    expect(await running).toMatchObject({ status: 200, end: 'clean' });
    await eventually(() => expect(first.openConnections).toBe(0));
    expect((await proxy.status()).endpoints.map(({ id }) => id)).toEqual(['e2']);
  });

  it('that removes an endpoint and adds it again: its sessions begin where new ones do', async () => {
    const { proxy, source } = await startChangingRig();
    const session = { headers: { 'x-claude-code-session-id': 'session-one' } };
    const ask = async () => (await call(proxy.port, session)).headers['x-zephyr-endpoint'];
    expect(await ask()).toBe('e1');
    const { endpoints } = source.current().config;
    // The order alone changes nothing for a session.
    source.change(({ config }) => ({ config: { ...config, endpoints: endpoints.toReversed() } }));
    expect(await ask()).toBe('e1');
    source.change(({ config }) => ({ config: without(config, 'e1') }));
    source.change(({ config }) => ({ config: { ...config, endpoints: endpoints.toReversed() } }));
    expect(await ask()).toBe('e2');
  });

  it('F6 that rotates a token: new requests use it, running ones finish', async () => {
    const { proxy, source, first } = await startChangingRig();
    first.always(sse({ gapMs: 60, deltas: 8 }));
    const begun = Promise.withResolvers<void>();
    const running = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    source.change(({ secrets }) => ({
      secrets: { ...secrets, groupTokens: new Map([['main', new Secret('rotated-token')]]) },
    }));
    await call(proxy.port);
    expect((await running).end).toBe('clean');
    expect(first.ledger.map(({ headers }) => headers['authorization'])).toEqual([
      expect.stringContaining('canary'),
      'Bearer rotated-token',
    ]);
  });

  it('that replaces a token while the old one is being refused: the same request uses the new one', async () => {
    const { proxy, source, first, second } = await startChangingRig();
    const renewed = demanding({ authorization: 'Bearer sk-new' }, sse());
    first.always(async (turn) => {
      if (turn.request.headers['authorization'] !== 'Bearer sk-new') {
        source.change(({ config, secrets }) => ({
          config: without(config, 'e2'),
          secrets: { ...secrets, groupTokens: new Map([['main', new Secret('sk-new')]]) },
        }));
      }
      await renewed(turn);
    });
    const answer = await call(proxy.port);
    expect([answer.status, answer.headers['x-zephyr-endpoint']]).toEqual([200, 'e1']);
    expect([first.ledger.length, second.ledger.length]).toEqual([2, 0]);
  });

  it('that lets more headers pass, or serves other models: new requests see it', async () => {
    const { proxy, source, first, second } = await startChangingRig();
    await call(proxy.port, { headers: { 'x-title': 'before' } });
    source.change(({ config }) => ({
      config: {
        ...config,
        endpoints: config.endpoints.map((endpoint) =>
          endpoint.id === 'e1'
            ? { ...endpoint, models: ['claude-opus-*'] }
            : { ...endpoint, passHeaders: ['x-title'] },
        ),
      },
    }));
    await call(proxy.port, { headers: { 'x-title': 'after' } });
    expect(first.ledger.map(({ headers }) => headers['x-title'])).toEqual([undefined]);
    expect(second.ledger.map(({ headers }) => headers['x-title'])).toEqual(['after']);
  });

  it('keeps connections of unchanged endpoints', async () => {
    const { proxy, source, first } = await startChangingRig();
    await call(proxy.port);
    source.change(({ config }) => ({
      config: { ...config, failover: { ...config.failover, maxRetries: 0 } },
    }));
    await call(proxy.port);
    expect(first.connectionsSeen).toBe(1);
  });
});

type Started = ChangingRig;
type Tables = Partial<Pick<Config, 'timeouts' | 'limits' | 'failover' | 'sessions'>>;

function changeTables(source: TestSource, tablesOf: (config: Config) => Tables): void {
  source.change(({ config }) => ({ config: { ...config, ...tablesOf(config) } }));
}

/** The endpoint for a request whose first endpoint answers 503. */
async function servedAfterRefusal({ proxy, first }: Started): Promise<unknown> {
  first.next(status(503));
  const { status: code, headers } = await call(proxy.port);
  return code === 200 ? headers['x-zephyr-endpoint'] : code;
}

/** An idle connection of a client that was served, for the length of the test. */
async function occupy(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.write(`${MODELS}\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
}

/** Longer than the tests wait: only a changed limit can end what they look at. */
const NOT_REACHED_MS = 600_000;
/** Less than Node's own limit for headers, which would apply without ours. */
const TIMEOUT_MS = 45_000;

/** As in `sendRaw`: what ends the wait for a result that leaves the connection open. */
function untilFor(expected: unknown): number | RegExp {
  return expected === '200, open' ? /\r\n\r\n/ : TIMEOUT_MS;
}

/** The answer to this request head; `open` if there is none. */
async function answerTo({ proxy }: Started, text: string, until: number | RegExp): Promise<string> {
  const result = await sendRaw(proxy.port, text, until);
  if (result.text === '') return result.closedBy === 'peer' ? 'closed' : 'open';
  const code = result.text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
  return `${code}, ${result.closedBy === 'peer' ? 'closed' : 'open'}`;
}

const PAGE = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';
const MODELS = 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n';

// Those of Node's parser and of its idle connections are real, and short.
describe('a changed limit holds without a restart', () => {
  const cases: readonly {
    name: string;
    change: (config: Config) => Tables;
    /** Undefined: nothing happens, for longer than a test may take. */
    before: unknown;
    after: unknown;
    /** @param until when to stop waiting for the end of the connection */
    look: (started: Started, until: number | RegExp) => Promise<unknown>;
  }[] = [
    {
      name: 'buffered_bodies_mib',
      change: ({ limits }) => ({ limits: { ...limits, bufferedBodiesBytes: 0 } }),
      look: servedAfterRefusal,
      before: 'e2',
      after: 503,
    },
    {
      name: 'retry_ratio and retries_per_second',
      change: ({ failover }) => ({ failover: { ...failover, retryRatio: 0, retriesPerSecond: 0 } }),
      look: servedAfterRefusal,
      before: 'e2',
      after: 503,
    },
    {
      name: 'header_kib',
      change: ({ limits }) => ({ limits: { ...limits, headerBytes: 2_048 } }),
      look: (started, until) =>
        answerTo(
          started,
          `${PAGE}x-long: ${'a'.repeat(4_000)}\r\nConnection: close\r\n\r\n`,
          until,
        ),
      before: '200, closed',
      after: '431, closed',
    },
    {
      name: 'headers_ms',
      change: ({ timeouts }) => ({ timeouts: { ...timeouts, headersMs: 100 } }),
      look: (started, until) => answerTo(started, PAGE, until),
      before: undefined,
      after: '408, closed',
    },
    {
      name: 'request_ms, also below headers_ms',
      change: ({ timeouts }) => ({ timeouts: { ...timeouts, requestMs: 100 } }),
      look: (started, until) =>
        answerTo(
          started,
          'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\ncontent-length: 9\r\n\r\n{',
          until,
        ),
      before: undefined,
      after: '408, closed',
    },
    {
      name: 'keep_alive_ms',
      change: ({ timeouts }) => ({ timeouts: { ...timeouts, keepAliveMs: 100 } }),
      // Of a client that was served: the connections of others end after five seconds anyway.
      look: (started, until) => answerTo(started, `${MODELS}\r\n`, until),
      before: '200, open',
      after: '200, closed',
    },
    {
      name: 'connections',
      change: ({ limits }) => ({ limits: { ...limits, connections: 1 } }),
      look: (started, until) => answerTo(started, `${PAGE}\r\n`, until),
      before: '200, open',
      after: 'closed',
    },
    {
      name: 'connections_per_address',
      change: ({ limits }) => ({ limits: { ...limits, connectionsPerAddress: 1 } }),
      look: (started, until) => answerTo(started, `${PAGE}\r\n`, until),
      before: '200, open',
      after: 'closed',
    },
  ];
  it.each(cases)('$name', async ({ change, look, before, after }) => {
    const started = await startChangingRig({
      timeouts: {
        headersMs: NOT_REACHED_MS,
        requestMs: NOT_REACHED_MS,
        keepAliveMs: NOT_REACHED_MS,
      },
      failover: { failuresToEject: 1_000 },
    });
    await occupy(started.proxy.port);
    if (before !== undefined) expect(await look(started, untilFor(before))).toEqual(before);
    changeTables(started.source, change);
    expect(await look(started, untilFor(after))).toEqual(after);
  });
});

describe('changed session rules', () => {
  const headers = { 'x-claude-code-session-id': 'session-one' };

  async function placedAtSecond() {
    const started = await startChangingRig({ failover: { failuresToEject: 1_000 } });
    const ask = async () =>
      (await call(started.proxy.port, { headers })).headers['x-zephyr-endpoint'];
    started.first.next(status(503));
    expect([await ask(), await ask()]).toEqual(['e2', 'e2']);
    return { ...started, ask };
  }

  it('send sessions to the active endpoint without affinity, and restore it', async () => {
    const { source, first, ask } = await placedAtSecond();
    changeTables(source, ({ sessions }) => ({ sessions: { ...sessions, affinity: false } }));
    expect(await ask()).toBe('e1');
    changeTables(source, ({ sessions }) => ({ sessions: { ...sessions, affinity: true } }));
    first.next(status(503));
    expect([await ask(), await ask()]).toEqual(['e2', 'e2']);
  });

  it('forget a session after the cache’s new lifetime', async () => {
    const { source, ask } = await placedAtSecond();
    changeTables(source, ({ sessions }) => ({ sessions: { ...sessions, cacheLifetimeMs: 1 } }));
    await eventually(async () => expect(await ask()).toBe('e1'));
  });
});
