/** Redis Cluster: our records, BullMQ, and the loss of the node that holds them. */
import { eventually } from '@zephyr/testkit/eventually';
import { type RedisCluster, startRedisCluster } from '@zephyr/testkit/redis-cluster';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLogger } from '../logger.ts';
import { bullConnection, QUEUE_PREFIX } from '../queue/probe-jobs.ts';
import { createRedis, type RedisTarget } from './client.ts';
import { keys } from './keys.ts';
import { acquireLease } from './lease-store.ts';

const cluster: RedisCluster | undefined = await startRedisCluster();
if (cluster === undefined) console.log('cluster: not tested, redis-server is not installed');

describe.skipIf(cluster === undefined)('a Redis Cluster', () => {
  const ports = cluster?.ports ?? [];
  const [first, ...others] = ports.map((port) => `127.0.0.1:${port}`);
  const nodes = others.map((node) => `node=${node}`).join('&');
  const target: RedisTarget = { url: `redis+cluster://${first}?${nodes}` };
  const log = createLogger('test', 'silent');
  let redis: Redis;

  beforeAll(async () => {
    redis = createRedis(target, log, 'command');
    await eventually(() => redis.ping(), 100);
  });
  afterAll(async () => {
    redis?.disconnect();
    await cluster?.stop();
  });

  it('serves scripts that touch several of our keys', async () => {
    expect(await acquireLease(redis, 'one')).toMatchObject({ status: 'held' });
    expect(await acquireLease(redis, 'two')).toMatchObject({ status: 'taken', holder: 'one' });
  });

  it('processes BullMQ jobs', async () => {
    const options = { prefix: QUEUE_PREFIX };
    const queue = new Queue('tried', { ...options, connection: bullConnection(target, 'queue') });
    const worker = new Worker('tried', async ({ data }) => data.value * 2, {
      ...options,
      connection: bullConnection(target, 'worker'),
    });
    queue.on('error', () => undefined);
    worker.on('error', () => undefined);
    try {
      await eventually(() => queue.waitUntilReady(), 100);
      const done = new Promise((resolve) => {
        worker.once('completed', (_job, result) => resolve(result));
      });
      await eventually(() => queue.add('double', { value: 21 }), 100);
      expect(await done).toBe(42);
    } finally {
      await worker.close();
      await queue.close();
    }
  });

  it('is followed when our keys migrate to another node', async () => {
    const owner = await portOf(redis);
    const ownId = String(await redis.call('CLUSTER', 'MYID'));
    const lines = String(await redis.call('CLUSTER', 'NODES')).split('\n');
    const replica = lines.find((line) => line.includes(` slave ${ownId} `));
    const port = Number(replica?.match(/:(\d+)@/)?.[1]);
    const helper = new Redis({ port, replyMapping: 'legacy' });
    await helper.call('CLUSTER', 'FAILOVER');
    helper.disconnect();
    await eventually(async () => {
      expect(await redis.set(keys.epoch, '7')).toBe('OK');
      expect(await portOf(redis)).toBe(port);
    }, 100);
    expect(port).not.toBe(owner);
  });

  it('is followed when the node that holds our keys dies', async () => {
    await redis.set(keys.operator, 'before');
    const owner = await portOf(redis);
    await eventually(async () => expect(await redis.wait(1, 100)).toBe(1), 100);
    await cluster?.kill(owner);
    await eventually(async () => {
      expect(await redis.get(keys.operator)).toBe('before');
      expect(await redis.set(keys.operator, 'after')).toBe('OK');
    }, 100);
    expect(await portOf(redis)).not.toBe(owner);
  });
});

async function portOf(redis: Redis): Promise<number> {
  return Number((await redis.info('server')).match(/^tcp_port:(\d+)/m)?.[1]);
}
