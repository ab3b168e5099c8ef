import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { acquireLease } from '@zephyr/runtime/redis/lease-store';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { demoRedisUrl } from './demo-redis.ts';

const none = () => undefined;

describe('the Redis of the demo', () => {
  let server: Awaited<ReturnType<typeof startRedisServer>>;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.stop());

  it('is a private one if a server is installed, whatever the person uses for real', async () => {
    expect(
      await demoRedisUrl({ ZEPHYR_REDIS_URL: server.url }, () => 'redis-server'),
    ).toBeUndefined();
    expect(await demoRedisUrl({}, none)).toBeUndefined();
  });

  it('is the configured one if none is installed, but never one that another Zephyr uses', async () => {
    const environment = { ZEPHYR_REDIS_URL: server.url };
    expect(await demoRedisUrl(environment, none)).toBe(server.url);
    const redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'blocking');
    await acquireLease(redis, 'a-real-controller');
    redis.disconnect();
    await expect(demoRedisUrl(environment, none)).rejects.toThrow('another Zephyr uses');
  });

  it.each(['127.0.0.1:6379', 'localhost:6379'])(
    'is rejected as an address alone: %s',
    async (url) => {
      const asked = demoRedisUrl({ ZEPHYR_REDIS_URL: url }, none);
      await expect(asked).rejects.toThrow('ZEPHYR_REDIS_URL is not a URL');
    },
  );

  it('is refused if nothing answers', async () => {
    const environment = { ZEPHYR_REDIS_URL: 'redis://127.0.0.1:1' };
    await expect(demoRedisUrl(environment, none)).rejects.toThrow('no answer from');
  });
});
