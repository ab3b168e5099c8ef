/** A Redis for a test, and a connection to it: started, emptied and stopped automatically. */
import { once } from 'node:events';

import type { Redis } from 'ioredis';
import { afterAll, beforeEach, onTestFinished } from 'vitest';

import { openTestRedis, startTestRedis, type TestRedis } from './redis.ts';

interface ConnectedRedis {
  readonly server: TestRedis;
  readonly redis: Redis;
}

/**
 * One for all tests of a file, awaited at its top.
 * @param options.keepsData from test to test; otherwise it is emptied before each test
 */
export async function redisOfFile({ keepsData = false } = {}): Promise<ConnectedRedis> {
  const { stop, ...connected } = await start();
  afterAll(stop);
  if (!keepsData) {
    beforeEach(async () => {
      await connected.redis.flushall();
    });
  }
  return connected;
}

/** One for the current test. It stops after everything that the test starts later. */
export async function redisOfTest(): Promise<ConnectedRedis> {
  const { stop, ...connected } = await start();
  onTestFinished(stop);
  return connected;
}

async function start() {
  const server = await startTestRedis();
  const redis = openTestRedis(server);
  await once(redis, 'ready');
  const stop = async () => {
    redis.disconnect();
    await server.stop();
  };
  return { server, redis, stop };
}
