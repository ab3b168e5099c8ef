/** What the metrics tell while something happens. */

import { call } from '@zephyr/testkit/http-call';
import { startTestRedis } from '@zephyr/testkit/redis';
import { chunkedHead, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { startRig } from './test-support/rig.ts';

describe('the number of running streams', () => {
  it('counts a stream while the client is given it, and no longer', async () => {
    const { proxy, first } = await startRig();
    first.always(sse({ gapMs: 100, deltas: 100 }));
    const leaving = new AbortController();
    const answer = call(proxy.port, { signal: leaving.signal });
    await vi.waitFor(async () =>
      expect(await proxy.metrics()).toContain('zephyr_proxy_streams{endpoint="e1"} 1'),
    );
    leaving.abort();
    await answer;
    await vi.waitFor(async () =>
      expect(await proxy.metrics()).toContain('zephyr_proxy_streams{endpoint="e1"} 0'),
    );
  });

  it('does not count an answer in one piece, however slow it is', async () => {
    const { proxy, first } = await startRig();
    const answered = `${chunkedHead(200, { 'content-type': 'application/json' })}1\r\n{\r\n`;
    first.always(({ socket }) => void socket.write(answered));
    const leaving = new AbortController();
    const given = Promise.withResolvers<string>();
    const answer = call(proxy.port, {
      ...{ path: '/v1/models', method: 'GET', body: '' },
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

describe('the round trips to Redis', () => {
  const roundTrips = (text: string) =>
    Number(/^zephyr_proxy_redis_round_trip_seconds_count (\d+)$/m.exec(text)?.[1]);

  it('are measured on what is read anyway, not by requests', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const { proxy } = await startRig({ redisUrl: server.url });
    await vi.waitFor(async () => expect(roundTrips(await proxy.metrics())).toBeGreaterThan(0));
    await server.stop();
    await vi.waitFor(
      async () => expect(await proxy.metrics()).toContain('zephyr_proxy_redis_up 0'),
      5_000,
    );
    const before = roundTrips(await proxy.metrics());
    await Promise.all(Array.from({ length: 5 }, () => call(proxy.port)));
    expect(roundTrips(await proxy.metrics())).toBe(before);
  });
});
