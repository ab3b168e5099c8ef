import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { makeSocketFolder, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { ControllerProcess } from '../test-support/controller-process.ts';
import {
  at,
  connectTo,
  faultProxyTo,
  leads,
  startController,
  startRedis,
} from '../test-support/redis-rig.ts';

const readiness = async (controller: ControllerProcess) => {
  const response = await controller.get('/readyz');
  const { status } = (await response.json()) as { readonly status: string };
  return `${response.status} ${status}`;
};

describe('/readyz of a leader and of a standby', () => {
  it.each([
    {
      ...{ name: 'full', expected: '503 redis_refuses_writes' },
      breaks: (redis: Redis) => redis.config('SET', 'maxmemory', '1'),
      fixes: (redis: Redis) => redis.config('SET', 'maxmemory', '0'),
    },
    {
      ...{ name: 'read-only', expected: '503 redis_refuses_writes' },
      breaks: (redis: Redis) => redis.replicaof('127.0.0.1', '1'),
      fixes: (redis: Redis) => redis.replicaof('NO', 'ONE'),
    },
    {
      ...{ name: 'silent', expected: '503 redis_away' },
      breaks: (_: Redis, pid: number) => process.kill(pid, 'SIGSTOP'),
      fixes: (_: Redis, pid: number) => process.kill(pid, 'SIGCONT'),
    },
  ])('is 503 while Redis is $name, and 200 afterwards', async ({ expected, breaks, fixes }) => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const leader = await startController({ redisUrl: server.url });
    await leads(leader);
    const standby = await startController({ redisUrl: server.url });
    const both = (wanted: string) =>
      eventually(async () => {
        expect([await readiness(leader), await readiness(standby)]).toEqual([wanted, wanted]);
      });
    await both('200 ok');
    await breaks(redis, server.pid);
    await both(expected);
    expect((await leader.get('/livez')).status).toBe(200);
    await fixes(redis, server.pid);
    await both('200 ok');
  });
});

describe('an unreliable Redis', () => {
  it('is refused when it may evict records', async () => {
    const server = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    const controller = await startController({ redisUrl: server.url });
    expect(await controller.ended()).toBe(1);
    expect(controller.output()).toContain('allkeys-lru');
    expect(controller.output()).toContain('noeviction');
  });

  it('is reported if it is replaced by one that may evict records', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const faultProxy = await faultProxyTo(server);
    const controller = await startController({ redisUrl: at(faultProxy) });
    await leads(controller);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    faultProxy.resetAll();
    await eventually(() => expect(controller.output()).toContain('may evict records'));
  });

  it('ends the controller if the password is wrong, without printing it', async () => {
    const server = await startRedis(['--requirepass', 'the-right-password']);
    const controller = await startController({
      redisUrl: server.url,
      extraConfig: 'password_env = "REDIS_PASSWORD"',
      env: { REDIS_PASSWORD: 'a-wrong-password' },
    });
    expect(await controller.ended()).toBe(1);
    expect(controller.output()).toContain('redis refuses this controller');
    expect(controller.output()).not.toContain('a-wrong-password');
  });

  it('is awaited if it is not up yet', async () => {
    const server = await startRedis();
    const faultProxy = await faultProxyTo(server);
    await faultProxy.refuse();
    const controller = await startController({ redisUrl: at(faultProxy) });
    expect((await controller.get('/health')).status).toBe(200);
    expect((await controller.get('/api/state')).status).toBe(503);
    await faultProxy.open();
    await leads(controller);
  });

  it('is awaited if it refuses the password at first', async () => {
    const server = await startRedis(['--requirepass', 'not-yet-the-right-one']);
    const redis = await connectTo(server.url, 'not-yet-the-right-one');
    const starting = startController({
      redisUrl: server.url,
      extraConfig: 'password_env = "REDIS_PASSWORD"',
      env: { REDIS_PASSWORD: 'the-right-one' },
    });
    await eventually(async () => {
      expect(await redis.info('errorstats')).toContain('errorstat_WRONGPASS');
    });
    await redis.config('SET', 'requirepass', 'the-right-one');
    await leads(await starting);
  });

  it('is awaited while it loads its data', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'zephyr-loading-'));
    onTestFinished(() => rmSync(dataFolder, { recursive: true }));
    const first = await startRedisServer({ dataFolder });
    const redis = await connectTo(first.url);
    const script = "for key = 1, 10000 do redis.call('SET', KEYS[1] .. key, 1) end";
    for (const name of 'abcdef') await redis.eval(script, 1, name);
    await first.stop();
    const socketFolder = makeSocketFolder();
    onTestFinished(() => rmSync(socketFolder, { recursive: true }));
    const path = join(socketFolder, 'redis.sock');
    const controller = await startController({ redisUrl: `unix://${path}` });
    // 15 s, unless it is allowed to continue; it checks its clients only now and then.
    const extraArguments = ['--key-load-delay', '200'];
    const loading = startRedisServer({ dataFolder, socketFolder, extraArguments });
    await eventually(() => expect(existsSync(path)).toBe(true));
    const watcher = new Redis({ path, enableReadyCheck: false });
    onTestFinished(() => watcher.disconnect());
    await eventually(async () => {
      expect(await watcher.info('persistence')).toContain('loading:1');
      const clients = String(await watcher.client('LIST'));
      expect(clients.trim().split('\n').length).toBeGreaterThan(1);
    });
    expect((await controller.get('/readyz')).status).toBe(503);
    await watcher.config('SET', 'key-load-delay', '0');
    const second = await loading;
    onTestFinished(() => second.stop());
    await leads(controller);
    // The known state of Redis may be a second old.
    await eventually(async () => expect(await readiness(controller)).toBe('200 ok'));
  });

  it('refuses commands with an error while its memory is full, and is used again afterwards', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({ redisUrl: server.url });
    await leads(controller);
    await redis.config('SET', 'maxmemory', '1mb');
    const reply = await controller.command('pin', { endpointId: 'two' });
    expect(reply.status).toBe(503);
    const store = async () =>
      ((await (await controller.get('/api/state')).json()) as ApiState).store.status;
    // The controller keeps leading, and the state shown to people is stale.
    await eventually(async () => expect(await store()).toBe('refuses_writes'));
    await redis.config('SET', 'maxmemory', '0');
    await eventually(async () => expect(await store()).toBe('connected'));
    await eventually(async () => {
      expect((await controller.command('pin', { endpointId: 'two' })).status).toBe(200);
    });
  });
});
