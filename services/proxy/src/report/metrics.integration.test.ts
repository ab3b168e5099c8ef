/** Metrics during ongoing activity. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { startTestRedis } from '@zephyr/testkit/redis';
import { chunkedHead, sse, status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetricsApp } from '../server/app.ts';
import { startRig } from '../test-support/rig.ts';
import { createMetrics, type ProxyGauges } from './metrics.ts';

describe('the number of running streams', () => {
  it('counts a stream exactly while it is being relayed', async () => {
    const { proxy, first } = await startRig();
    first.always(sse({ gapMs: 100, deltas: 100 }));
    const leaving = new AbortController();
    const answer = call(proxy.port, { signal: leaving.signal });
    await eventually(async () =>
      expect(await proxy.metrics()).toContain('zephyr_proxy_streams{endpoint="e1"} 1'),
    );
    leaving.abort();
    await answer;
    await eventually(async () =>
      expect(await proxy.metrics()).toContain('zephyr_proxy_streams{endpoint="e1"} 0'),
    );
  });

  it('does not count an answer without a stream, however slow it is', async () => {
    const { proxy, first } = await startRig({ count: 1 });
    const answered = `${chunkedHead(200, { 'content-type': 'application/json' })}1\r\n{\r\n`;
    first.always(({ socket }) => void socket.write(answered));
    const leaving = new AbortController();
    const given = Promise.withResolvers<string>();
    const answer = call(proxy.port, {
      path: '/v1/messages/count_tokens',
      signal: leaving.signal,
      onChunk: given.resolve,
    });
    expect(await given.promise).toBe('{');
    expect(await proxy.metrics()).toContain('zephyr_proxy_active_requests{endpoint="e1"} 1');
    expect(await proxy.metrics()).toContain('zephyr_proxy_streams{endpoint="e1"} 0');
    leaving.abort();
    await answer;
  });
});

describe('the status for programs', () => {
  it('has the times and the last failure of each endpoint', async () => {
    const { proxy, first, second } = await startRig();
    const limits = { 'anthropic-ratelimit-requests-limit': '10' };
    const left = { 'anthropic-ratelimit-requests-remaining': '7', ...limits };
    const reset = new Date(Date.now() + 3_600_000).toISOString();
    const resets = { 'anthropic-ratelimit-requests-reset': reset, ...limits };
    first.next(status(529));
    first.next(status(429, { ...resets, 'anthropic-ratelimit-requests-remaining': '0' }));
    second.always(sse({ headers: { ...left, ...resets } }));
    // Some requests after the 529 are shed at random.
    await eventually(async () => {
      expect((await call(proxy.port)).status).toBe(200);
      expect(first.ledger).toHaveLength(2);
    });
    const [one, two] = (await proxy.status()).endpoints;
    expect(one).toMatchObject({ latency: null, last_failure: { failure: 'overloaded' } });
    expect(one?.last_success_ago_ms).toBeNull();
    expect(one?.rate_limits).toMatchObject([{ kind: 'requests', remaining: 0, limit: 10 }]);
    expect(two?.latency?.history_ms).toHaveLength(second.ledger.length);
    expect(two?.last_success_ago_ms).not.toBeNull();
    expect(two?.rate_limits).toMatchObject([{ kind: 'requests', remaining: 7, limit: 10 }]);
  });
});

describe('the names of people', () => {
  const key = 'key-of-ann-0123456789';
  const clientKeys = [{ name: 'ann', sha256: createHash('sha256').update(key).digest('hex') }];

  it('are not on the public port', async () => {
    const { proxy } = await startRig({ clientKeys });
    for (let round = 0; round < 2; round += 1) {
      expect((await call(proxy.port, { headers: { 'x-api-key': key } })).status).toBe(200);
      for (const path of ['/metrics', '/status', '/diagnostics']) {
        const { text } = await call(proxy.port, { method: 'GET', path, body: '' });
        expect(text.length).toBeGreaterThan(50);
        expect(text).not.toMatch(/\bann\b/);
      }
    }
  });

  it('are on the port for Prometheus, which no page of another site can read', async () => {
    const metrics = createMetrics(NOTHING);
    metrics.personRequests.inc({ person: 'ann' });
    const server = createServer(createMetricsApp(metrics)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (headers: Record<string, string>) =>
      call(port, { method: 'GET', path: '/metrics', body: '', headers });
    const { text } = await ask({ host: 'proxy:9464' });
    expect(text).toContain('zephyr_proxy_person_requests_total{person="ann"} 1');
    expect(text).toContain('zephyr_proxy_redis_up');
    expect((await ask({ host: 'rebind.example' })).status).toBe(403);
    expect((await ask({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });
});

const NOTHING: ProxyGauges = {
  activeRequests: () => new Map(),
  streams: () => new Map(),
  ejected: () => new Map(),
  snapshotAgeSeconds: () => 0,
  isRedisConnected: () => false,
  bufferedBodyBytes: () => 0,
  retryBudget: () => 0,
  isServing: () => true,
  budgets: () => [],
  unwrittenRequests: () => 0,
};

describe('the round trips to Redis', () => {
  const roundTrips = (text: string) =>
    Number(/^zephyr_proxy_redis_round_trip_seconds_count (\d+)$/m.exec(text)?.[1]);

  it('are measured on regular reads, not by requests', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const { proxy } = await startRig({ redisUrl: server.url });
    await eventually(async () => expect(roundTrips(await proxy.metrics())).toBeGreaterThan(0));
    await server.stop();
    await eventually(async () =>
      expect(await proxy.metrics()).toContain('zephyr_proxy_redis_up 0'),
    );
    const before = roundTrips(await proxy.metrics());
    await Promise.all(Array.from({ length: 5 }, () => call(proxy.port)));
    expect(roundTrips(await proxy.metrics())).toBe(before);
  });
});
