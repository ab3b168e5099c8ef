/** Redis servers, relays in front of them, and controllers that use them, all ended with the test. */

import { once } from 'node:events';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { type FaultRelay, startFaultRelay } from '@zephyr/testkit/fault-relay';
import { openTestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';

import { type ControllerOptions, ControllerProcess } from './controller-process.ts';

export async function startRedis(extraArguments: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ extraArguments });
  onTestFinished(() => server.stop());
  return server;
}

export async function relayTo(server: RedisServer): Promise<FaultRelay> {
  const relay = await startFaultRelay({ path: new URL(server.url).pathname });
  onTestFinished(() => relay.stop());
  return relay;
}

export async function connectTo(url: string, password?: string): Promise<Redis> {
  const redis = openTestRedis({ url, password });
  onTestFinished(() => redis.disconnect());
  await once(redis, 'ready');
  return redis;
}

export async function startController(options: ControllerOptions): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start(options);
  onTestFinished(() => controller.stop());
  return controller;
}

export const at = (relay: FaultRelay) => `redis://127.0.0.1:${relay.port}`;
export const schedulersIn = (redis: Redis) =>
  redis.zrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`, '0', '-1');
export const leads = (controller: ControllerProcess) =>
  eventually(async () => {
    expect((await controller.state()).leadership.status).toBe('leading');
  });
