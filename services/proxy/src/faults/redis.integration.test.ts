/** Redis away, frozen, empty or cut off: requests never notice. The ids are those of docs/data-path.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { outcomeBatchSchema } from '@zephyr/contract/route/outcome';
import { proxyPresenceSchema } from '@zephyr/contract/route/presence';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { type FaultProxy, startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { call } from '@zephyr/testkit/http-call';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot, type SnapshotParts, snapshotOf } from '../test-support/snapshots.ts';
import { startTestProxy, type TestProxy } from '../test-support/test-proxy.ts';

const { server, redis } = await redisOfFile();

function publish(parts: SnapshotParts, hint: 'with hint' | 'silently' = 'with hint') {
  return publishSnapshot(redis, parts, hint);
}

async function faultProxyToRedis(): Promise<{ faultProxy: FaultProxy; redisUrl: string }> {
  const faultProxy = await startFaultProxy(server.address);
  onTestFinished(() => faultProxy.stop());
  return { faultProxy, redisUrl: `redis://127.0.0.1:${faultProxy.port}` };
}

async function servedBy(port: number): Promise<unknown> {
  const { status, headers } = await call(port);
  expect(status).toBe(200);
  return headers['x-zephyr-endpoint'];
}

/** Returns once the proxy has read what is in Redis now: the first of two reads may have begun before. */
async function hasReadSnapshot(proxy: TestProxy): Promise<void> {
  const reads = async (): Promise<number> =>
    Number(/^zephyr_proxy_redis_round_trip_seconds_count (\d+)$/m.exec(await proxy.metrics())?.[1]);
  const before = await reads();
  await eventually(async () => expect(await reads()).toBeGreaterThanOrEqual(before + 2));
}

/** Sends requests continuously until stopped, and collects all statuses. */
function keepCalling(port: number) {
  let going = true;
  const statuses: number[] = [];
  const loop = (async () => {
    while (going) statuses.push((await call(port)).status);
  })();
  const stop = async (): Promise<readonly number[]> => {
    going = false;
    await loop;
    return statuses;
  };
  return { statuses: statuses as readonly number[], stop };
}

describe('connections to Redis that go dead silently', () => {
  it('are replaced within 30 s, each time, and no request waits', async () => {
    const { faultProxy, redisUrl } = await faultProxyToRedis();
    const { proxy } = await startRig({ redisUrl });
    const { configHash } = proxy;
    const subscribers = async () => {
      const [, count] = (await redis.pubsub('NUMSUB', keys.snapshotChanged)) as [string, number];
      return count;
    };
    const { stop: stopCalling } = keepCalling(proxy.port);
    for (let round = 1; round <= 2; round += 1) {
      await eventually(async () => expect(await subscribers()).toBe(round));
      const order = round === 1 ? ['e2', 'e1'] : ['e1', 'e2'];
      faultProxy.silence();
      await publish({ order, configHash, version: round }, 'silently');
      await eventually(async () =>
        expect((await proxy.status()).snapshot).toMatchObject({ version: round }),
      );
      // Redis does not notice that a line is dead: the old one's subscription is counted, too.
      await eventually(async () => expect(await subscribers()).toBe(round + 1));
    }
    expect(new Set(await stopCalling())).toEqual(new Set([200]));
  });
});

describe('the snapshot', () => {
  it('is applied immediately on a hint, and without a hint on the next poll', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    const { configHash } = proxy;
    expect(await servedBy(proxy.port)).toBe('e1');
    await publish({ order: ['e2', 'e1'], configHash });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e2'));
    await publish({ order: ['e1', 'e2'], configHash, version: 2 }, 'silently');
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e1'));
    expect((await proxy.status()).snapshot).toMatchObject({ source: 'redis', version: 2 });
  });

  const refused = [
    { name: 'an older version', parts: { version: 4 } },
    { name: 'the same version with other content', parts: { version: 5 } },
    { name: 'an older leader', parts: { epoch: 1, version: 9 } },
    {
      name: 'another configuration after a loss',
      parts: { incarnation: 'x', configHash: 'other' },
    },
  ];
  it.each(refused)('I4 is not turned back by $name', async ({ parts }) => {
    const { proxy } = await startRig({ redisUrl: server.url });
    const { configHash } = proxy;
    await publish({ order: ['e1', 'e2'], configHash, version: 5, epoch: 2 });
    await eventually(async () => expect((await proxy.status()).snapshot.version).toBe(5));
    await publish({ order: ['e2', 'e1'], configHash, epoch: 2, ...parts });
    await hasReadSnapshot(proxy);
    expect(await servedBy(proxy.port)).toBe('e1');
  });

  it('of another revision is not read, which is not taken for a Redis that is away', async () => {
    const { proxy } = await startRig({ redisUrl: server.url });
    await publish({ order: ['e2', 'e1'], configHash: proxy.configHash });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e2'));
    await redis.set(keys.snapshot, '{"version":"of another revision"}');
    await hasReadSnapshot(proxy);
    expect(await servedBy(proxy.port)).toBe('e2');
    expect((await proxy.status()).redis).toBe('connected');
  });

  it('keeps a disabled endpoint out, also as a fallback', async () => {
    const { proxy, first } = await startRig({ redisUrl: server.url });
    const snapshot = snapshotOf({ order: ['e1', 'e2'], configHash: proxy.configHash });
    const e2 = { health: 'healthy', enabled: false, available: false };
    await redis.set(
      keys.snapshot,
      JSON.stringify({ ...snapshot, endpoints: { ...snapshot.endpoints, e2 } }),
    );
    await eventually(async () => expect((await proxy.status()).snapshot.source).toBe('redis'));
    await first.refuse();
    expect((await call(proxy.port)).status).toBe(503);
  });
});

describe('reports', () => {
  it('show active requests and outcomes, and end with the proxy', async () => {
    const { proxy, first } = await startRig({ redisUrl: server.url });
    await first.refuse();
    await call(proxy.port);
    await eventually(async () => expect(await redis.xlen(keys.outcomes)).toBeGreaterThan(0));
    const entries = await redis.xrange(keys.outcomes, '-', '+');
    const batches = entries.map(([, [, text]]) => outcomeBatchSchema.parse(JSON.parse(text ?? '')));
    expect(batches[0]?.endpoints['e1']?.failed).toEqual({ connection_refused: 1 });
    expect(batches[0]?.endpoints['e2']).toMatchObject({ succeeded: 1 });
    expect(batches[0]?.endpoints['e2']?.ttft).toHaveLength(1);
    const read = async () =>
      proxyPresenceSchema.parse(JSON.parse((await redis.get(keys.proxy(proxy.id))) ?? '{}'));
    await eventually(async () =>
      expect((await read()).ejections['e1']?.failure).toBe('connection_refused'),
    );
    expect(await redis.smembers(keys.proxies)).toEqual([proxy.id]);
    expect(await redis.ttl(keys.proxy(proxy.id))).toBeLessThanOrEqual(5);
    await proxy.stop();
    expect(await redis.exists(keys.proxy(proxy.id))).toBe(0);
  });
});

describe('R1 Redis is down at the start', () => {
  it('serves by the configured order and joins when Redis comes up', async () => {
    const { faultProxy, redisUrl } = await faultProxyToRedis();
    await faultProxy.refuse();
    const { proxy } = await startRig({ redisUrl });
    expect(await servedBy(proxy.port)).toBe('e1');
    await publish({ order: ['e2', 'e1'], configHash: proxy.configHash });
    await faultProxy.open();
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e2'));
  });

  it('serves by the last snapshot on disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephyr-disk-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const snapshotPath = join(folder, 'snapshot.json');
    const { proxy: before, upstreams } = await startRig({ redisUrl: server.url, snapshotPath });
    await publish({ order: ['e2', 'e1'], configHash: before.configHash });
    await eventually(async () => expect(await servedBy(before.port)).toBe('e2'));
    await before.stop();
    const proxy = await startTestProxy({
      endpoints: upstreams.map(({ url }) => url),
      snapshotPath,
    });
    onTestFinished(() => proxy.stop());
    expect(await servedBy(proxy.port)).toBe('e2');
    expect((await proxy.status()).snapshot.source).toBe('disk');
  });

  it('serves when the file on disk is broken', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephyr-disk-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const snapshotPath = join(folder, 'snapshot.json');
    writeFileSync(snapshotPath, '{"half":');
    const { proxy } = await startRig({ snapshotPath });
    expect(await servedBy(proxy.port)).toBe('e1');
  });
});

describe('an outage at run time', () => {
  const outages = [
    { name: 'R2 killed', begin: (faultProxy: FaultProxy) => faultProxy.refuse() },
    {
      name: 'R3 frozen',
      begin: async (faultProxy: FaultProxy) => faultProxy.set({ kind: 'black_hole' }),
    },
  ];
  it.each(outages)('$name: every request succeeds by the last snapshot', async ({ begin }) => {
    const { faultProxy, redisUrl } = await faultProxyToRedis();
    const { proxy, first } = await startRig({ redisUrl });
    const { configHash } = proxy;
    await publish({ order: ['e2', 'e1'], configHash });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e2'));
    const logBefore = proxy.log().length;
    const askedBefore = first.ledger.length;
    await begin(faultProxy);
    const { statuses, stop } = keepCalling(proxy.port);
    await eventually(async () => {
      expect((await proxy.status()).redis).toBe('away');
      expect(statuses.length).toBeGreaterThan(300);
    });
    await stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(first.ledger).toHaveLength(askedBefore);
    expect((proxy.log().length - logBefore) / statuses.length).toBeLessThan(200);
    expect((await proxy.status()).redis).toBe('away');
    expect((await call(proxy.port, { method: 'GET', path: '/readyz', body: '' })).status).toBe(200);
    await publish({ order: ['e1', 'e2'], configHash, version: 2 });
    await faultProxy.open();
    faultProxy.set({ kind: 'open' });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e1'));
    await eventually(async () => expect((await proxy.status()).redis).toBe('connected'));
  });

  it('R5 empty after a restart: keeps its order until the leader publishes again', async () => {
    const { faultProxy, redisUrl } = await faultProxyToRedis();
    const { proxy } = await startRig({ redisUrl });
    const { configHash } = proxy;
    await publish({ order: ['e2', 'e1'], configHash, version: 40, epoch: 7 });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e2'));
    faultProxy.resetAll();
    await redis.flushall();
    await hasReadSnapshot(proxy);
    expect(await servedBy(proxy.port)).toBe('e2');
    await publish({ order: ['e1', 'e2'], configHash, incarnation: 'second', epoch: 1, version: 1 });
    await eventually(async () => expect(await servedBy(proxy.port)).toBe('e1'));
    await eventually(async () => expect(await redis.smembers(keys.proxies)).toEqual([proxy.id]));
  });

  it('R7 one of two proxies is cut off: it keeps serving, the other follows, then both agree', async () => {
    const [one, other] = [await faultProxyToRedis(), await faultProxyToRedis()];
    const { proxy: cutOff } = await startRig({ redisUrl: one.redisUrl });
    const { proxy: joined } = await startRig({ redisUrl: other.redisUrl });
    // Both use the same endpoint ids; only their ports differ, and so do their hashes.
    const parts = { order: ['e1', 'e2'], configHash: cutOff.configHash };
    await publish(parts);
    await eventually(async () => expect((await cutOff.status()).snapshot.source).toBe('redis'));
    one.faultProxy.set({ kind: 'black_hole' });
    await publish({ ...parts, configHash: joined.configHash, incarnation: 'first', version: 2 });
    const { stop } = keepCalling(cutOff.port);
    await eventually(async () => expect((await joined.status()).snapshot.version).toBe(2));
    expect((await cutOff.status()).snapshot.version).toBe(1);
    expect(new Set(await stop())).toEqual(new Set([200]));
    one.faultProxy.set({ kind: 'open' });
    await eventually(async () => expect((await cutOff.status()).snapshot.version).toBe(2));
  });
});
