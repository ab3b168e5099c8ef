import { once } from 'node:events';
import { eventually } from '@zephyr/testkit/eventually';

import { startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { systemClock } from '../clock.ts';
import { createLogger } from '../logger.ts';
import { createRedis } from './client.ts';
import { keys } from './keys.ts';
import { createWriteTest } from './write-test.ts';

const service = { instanceId: 'a-service', clock: systemClock };
const log = createLogger('test', 'silent');

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connected(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function connected(url: string): Promise<Redis> {
  const client = createRedis({ url }, log, 'command');
  await once(client, 'ready');
  return client;
}

const becomes = (test: () => Promise<string>, status: string) =>
  eventually(async () => expect(await test()).toBe(status));

describe('the write test', () => {
  it.each([
    {
      ...{ name: 'full', status: 'redis_refuses_writes' },
      breaks: () => redis.config('SET', 'maxmemory', '1'),
      fixes: () => redis.config('SET', 'maxmemory', '0'),
    },
    {
      ...{ name: 'read-only', status: 'redis_refuses_writes' },
      breaks: () => redis.replicaof('127.0.0.1', '1'),
      fixes: () => redis.replicaof('NO', 'ONE'),
    },
    {
      ...{ name: 'silent', status: 'redis_away' },
      breaks: () => server.freeze(),
      fixes: () => server.thaw(),
    },
  ])('shows a Redis that is $name, twice, and that it no longer is', async (about) => {
    const test = createWriteTest(redis, service);
    for (let round = 0; round < 2; round += 1) {
      await becomes(test, 'ok');
      await about.breaks();
      await becomes(test, about.status);
      await about.fixes();
    }
    await becomes(test, 'ok');
  });

  it('shows a Redis that is away', async () => {
    const faultProxy = await startFaultProxy(server.address);
    onTestFinished(() => faultProxy.stop());
    const client = await connected(`redis://127.0.0.1:${faultProxy.port}`);
    onTestFinished(() => client.disconnect());
    const test = createWriteTest(client, service);
    await becomes(test, 'ok');
    await faultProxy.refuse();
    faultProxy.resetAll();
    await becomes(test, 'redis_away');
    await faultProxy.open();
    await becomes(test, 'ok');
  });

  it('queries Redis at most once a second, and leaves nothing behind', async () => {
    const test = createWriteTest(redis, service);
    const set = vi.spyOn(redis, 'set');
    await Promise.all(Array.from({ length: 100 }, () => test()));
    expect(set).toHaveBeenCalledTimes(1);
    set.mockRestore();
    await eventually(async () => {
      expect(await redis.exists(keys.writeTest('a-service'))).toBe(0);
    });
  });
});
