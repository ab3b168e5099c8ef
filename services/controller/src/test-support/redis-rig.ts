/** Redis servers, fault proxies in front of them, and controllers that use them, all ended with the test. */

import { once } from 'node:events';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { type FaultProxy, startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { openTestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';

import { type ControllerOptions, ControllerProcess } from './controller-process.ts';

export async function startRedis(extraArguments: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ extraArguments });
  onTestFinished(() => server.stop());
  return server;
}

export async function faultProxyTo(server: RedisServer): Promise<FaultProxy> {
  const faultProxy = await startFaultProxy({ path: new URL(server.url).pathname });
  onTestFinished(() => faultProxy.stop());
  return faultProxy;
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

export const at = (faultProxy: FaultProxy) => `redis://127.0.0.1:${faultProxy.port}`;
export const schedulersIn = (redis: Redis) =>
  redis.zrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`, '0', '-1');
export const leads = (controller: ControllerProcess) =>
  eventually(async () => {
    expect((await controller.state()).leadership.status).toBe('leading');
  });
