import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@zephyr/runtime/logger';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queues';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { makeSocketFolder, type RedisServer, startRedisServer } from '@zephyr/runtime/redis/server';
import { type FaultRelay, startFaultRelay } from '@zephyr/testkit/fault-relay';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { type ControllerOptions, ControllerProcess } from '../test-support/controller-process.ts';
import { watchSnapshots } from '../test-support/watch-snapshots.ts';

const waiting = { timeout: 30_000, interval: 50 };
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startRedis(extraArguments: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer({ extraArguments });
  cleanUps.push(() => server.stop());
  return server;
}

async function relayTo(server: RedisServer): Promise<FaultRelay> {
  const relay = await startFaultRelay({ path: new URL(server.url).pathname });
  cleanUps.push(() => relay.stop());
  return relay;
}

async function connectTo(url: string, password?: string): Promise<Redis> {
  const redis = createRedis({ url, password }, createLogger('test', 'silent'), 'command');
  cleanUps.push(() => redis.disconnect());
  await once(redis, 'ready');
  return redis;
}

async function startController(options: ControllerOptions): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start(options);
  cleanUps.push(() => controller.stop());
  return controller;
}

const at = (relay: FaultRelay) => `redis://127.0.0.1:${relay.port}`;
const schedulersIn = (redis: Redis) =>
  redis.zrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`, '0', '-1');
const leads = (controller: ControllerProcess) =>
  vi.waitFor(async () => {
    expect((await controller.state()).leadership.status).toBe('leading');
  }, waiting);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('a controller whose Redis restarts with empty data', () => {
  it('brings back the snapshot, the wishes and the schedulers by itself', async () => {
    const port = await freePort();
    const first = await startRedisServer({ extraArguments: ['--port', String(port)] });
    cleanUps.push(() => first.stop());
    const url = `redis://127.0.0.1:${port}`;
    const controller = await startController({ redisUrl: url });
    await leads(controller);
    await controller.command('select', { endpointId: 'two' });
    const before = JSON.parse((await (await connectTo(url)).get(keys.snapshot)) ?? '');

    process.kill(first.pid, 'SIGKILL');
    await vi.waitFor(
      async () => expect((await controller.state()).store.status).toBe('away'),
      waiting,
    );
    expect(await controller.command('pause')).toMatchObject({
      status: 503,
      body: { code: 'store_away' },
    });
    await startRedis(['--port', String(port)]);

    const redis = await connectTo(url);
    await vi.waitFor(async () => {
      const after = JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
      expect(after.mode).toEqual({ kind: 'manual', endpointId: 'two' });
      expect(after.selection).toEqual(before.selection);
      expect(after.incarnation).not.toBe(before.incarnation);
      expect(after.epoch).toBeGreaterThan(before.epoch);
      expect(await schedulersIn(redis)).toEqual(expect.arrayContaining(['one', 'two']));
    }, waiting);
  });

  it('keeps wishes that it never stored itself: a standby remembers what the leader committed', async () => {
    const port = await freePort();
    const first = await startRedisServer({ extraArguments: ['--port', String(port)] });
    cleanUps.push(() => first.stop());
    const url = `redis://127.0.0.1:${port}`;
    const leader = await startController({ redisUrl: url });
    await leads(leader);
    const standby = await startController({ redisUrl: url });
    await leader.command('disable', { endpointId: 'one' });
    await vi.waitFor(async () => {
      const { endpoints } = await standby.state();
      expect(endpoints.find(({ id }) => id === 'one')?.enabled).toBe(false);
    }, waiting);

    leader.signal('SIGKILL');
    process.kill(first.pid, 'SIGKILL');
    await leader.ended();
    await startRedis(['--port', String(port)]);
    await leads(standby);
    const { endpoints } = await standby.state();
    expect(endpoints.find(({ id }) => id === 'one')?.enabled).toBe(false);
  });

  it('puts the schedulers back when only they are gone', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({ redisUrl: server.url });
    await leads(controller);
    await vi.waitFor(async () => expect(await schedulersIn(redis)).toHaveLength(2), waiting);
    const lost = await redis.keys(`${QUEUE_PREFIX}:*`);
    await redis.del(...lost);
    await vi.waitFor(async () => expect(await schedulersIn(redis)).toHaveLength(2), waiting);
  });
});

describe('a leader that is cut off from Redis', () => {
  it('stops leading, another takes over, and what it sent arrives too late', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const relay = await relayTo(server);
    const leader = await startController({ redisUrl: at(relay) });
    await leads(leader);
    const standby = await startController({ redisUrl: server.url });
    const watch = watchSnapshots(redis);
    cleanUps.push(() => watch.stop());

    relay.set({ kind: 'black_hole' });
    await vi.waitFor(() => expect(leader.output()).toContain('not renewed in time'), waiting);
    await leads(standby);
    const epoch = Number(await redis.get(keys.epoch));
    // Everything that the old leader sent meanwhile reaches Redis now.
    relay.set({ kind: 'open' });
    await standby.command('select', { endpointId: 'two' });
    await vi.waitFor(async () => {
      expect((await leader.state()).leadership.status).toBe('standby');
      expect((await leader.state()).mode).toEqual({ kind: 'manual', endpointId: 'two' });
    }, waiting);
    expect(Number(await redis.get(keys.epoch))).toBe(epoch);
    expect(watch.wentBack).toEqual([]);
  });

  it('works again within 30 s when its connections go dead without a word, twice', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const relay = await relayTo(server);
    const controller = await startController({ redisUrl: at(relay) });
    for (let round = 0; round < 2; round += 1) {
      await leads(controller);
      await vi.waitFor(async () => expect(await schedulersIn(redis)).toHaveLength(2), waiting);
      relay.silence();
      await redis.del(...(await redis.keys(`${QUEUE_PREFIX}:*`)));
      // A command needs the API's line, the leader's, and the one that brings the answer.
      await vi.waitFor(async () => {
        const endpointId = round === 0 ? 'two' : 'one';
        const answer = await controller.command('select', { endpointId });
        expect(answer).toMatchObject({ status: 200 });
        expect(await schedulersIn(redis)).toHaveLength(2);
      }, waiting);
    }
  }, 120_000);

  it('keeps leading through half a second of latency', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const relay = await relayTo(server);
    const leader = await startController({ redisUrl: at(relay) });
    await leads(leader);
    const epoch = await redis.get(keys.epoch);
    relay.set({ kind: 'slow', latencyMs: 250 });
    const inputs = await redis.xlen(keys.inputs);
    await vi.waitFor(
      async () => expect(await redis.xlen(keys.inputs)).toBeGreaterThan(inputs + 4),
      {
        timeout: 30_000,
        interval: 200,
      },
    );
    expect(await redis.get(keys.epoch)).toBe(epoch);
  });

  it('commits once when the reply of a commit is lost', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const relay = await relayTo(server);
    const leader = await startController({ redisUrl: at(relay) });
    await leads(leader);
    const watch = watchSnapshots(redis);
    cleanUps.push(() => watch.stop());
    for (let round = 0; round < 10; round += 1) {
      const endpointId = round % 2 === 0 ? 'two' : 'one';
      const sent = leader.command('select', { endpointId }).catch(() => undefined);
      // Somewhere between the command and the reply of its commit.
      await new Promise((resolve) => setTimeout(resolve, round));
      relay.resetAll();
      await sent;
    }
    await vi.waitFor(async () => {
      expect((await leader.command('select', { endpointId: 'one' })).status).toBe(200);
    }, waiting);
    const versions = watch.seen.map(({ version }) => version);
    expect(watch.wentBack).toEqual([]);
    expect(new Set(versions).size).toBe(versions.length);
    const decisions = await redis.xrange(keys.decisions, '-', '+');
    const numbers = decisions.map(([, [, json]]) => JSON.parse(json ?? '{}').number as number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('a Redis that cannot be relied on', () => {
  it('is refused when it may evict records', async () => {
    const server = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    const controller = await startController({ redisUrl: server.url });
    expect(await controller.ended()).toBe(1);
    expect(controller.output()).toContain('allkeys-lru');
    expect(controller.output()).toContain('noeviction');
  });

  it('is complained about when it is replaced by one that may evict records', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const relay = await relayTo(server);
    const controller = await startController({ redisUrl: at(relay) });
    await leads(controller);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    relay.resetAll();
    await vi.waitFor(() => expect(controller.output()).toContain('may evict records'), waiting);
  });

  it('ends the controller when the password is wrong, without printing it', async () => {
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

  it('is waited for when it is not there yet', async () => {
    const server = await startRedis();
    const relay = await relayTo(server);
    await relay.refuse();
    const controller = await startController({ redisUrl: at(relay) });
    expect((await controller.get('/health')).status).toBe(200);
    expect((await controller.get('/api/state')).status).toBe(503);
    await relay.open();
    await leads(controller);
  });

  it('is waited for when it refuses the password at first', async () => {
    const server = await startRedis(['--requirepass', 'not-yet-the-right-one']);
    const redis = await connectTo(server.url, 'not-yet-the-right-one');
    const starting = startController({
      redisUrl: server.url,
      extraConfig: 'password_env = "REDIS_PASSWORD"',
      env: { REDIS_PASSWORD: 'the-right-one' },
    });
    await vi.waitFor(async () => {
      expect(await redis.info('errorstats')).toContain('errorstat_WRONGPASS');
    }, waiting);
    await redis.config('SET', 'requirepass', 'the-right-one');
    await leads(await starting);
  });

  it('is waited for while it loads its data', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'zephyr-loading-'));
    cleanUps.push(() => rmSync(dataFolder, { recursive: true }));
    const first = await startRedisServer({ dataFolder });
    const redis = await connectTo(first.url);
    const script = "for key = 1, 10000 do redis.call('SET', KEYS[1] .. key, 1) end";
    for (const name of 'abcdef') await redis.eval(script, 1, name);
    await first.stop();
    const socketFolder = makeSocketFolder();
    cleanUps.push(() => rmSync(socketFolder, { recursive: true }));
    const path = join(socketFolder, 'redis.sock');
    const controller = await startController({ redisUrl: `unix://${path}` });
    // A quarter of a minute, unless it is allowed to go on; it looks at its clients now and then.
    const extraArguments = ['--key-load-delay', '200'];
    const loading = startRedisServer({ dataFolder, socketFolder, extraArguments });
    await vi.waitFor(() => expect(existsSync(path)).toBe(true), waiting);
    const watcher = new Redis({ path, enableReadyCheck: false });
    cleanUps.push(() => watcher.disconnect());
    await vi.waitFor(async () => {
      expect(await watcher.info('persistence')).toContain('loading:1');
      const clients = String(await watcher.client('LIST'));
      expect(clients.trim().split('\n').length).toBeGreaterThan(1);
    }, waiting);
    expect((await controller.get('/readyz')).status).toBe(503);
    await watcher.config('SET', 'key-load-delay', '0');
    const second = await loading;
    cleanUps.push(() => second.stop());
    await leads(controller);
    expect((await controller.get('/readyz')).status).toBe(200);
  });

  it('refuses commands loudly when its memory is full, and is used again when it is not', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({ redisUrl: server.url });
    await leads(controller);
    await redis.config('SET', 'maxmemory', '1mb');
    const reply = await controller.command('select', { endpointId: 'two' });
    expect(reply.status).toBe(503);
    await redis.config('SET', 'maxmemory', '0');
    await vi.waitFor(async () => {
      expect((await controller.command('select', { endpointId: 'two' })).status).toBe(200);
    }, waiting);
  });
});

describe('a leader whose clock is wrong', () => {
  const shifted = (minutes: number) => {
    const code = `const now = Date.now; Date.now = () => now() + ${minutes} * 60000;`;
    return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
  };

  it.each([10, -10])('writes the moments of Redis at %i minutes', async (minutes) => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({
      redisUrl: server.url,
      execArgv: shifted(minutes),
    });
    await leads(controller);
    await vi.waitFor(async () => {
      const [seconds] = await redis.time();
      const snapshot = JSON.parse((await redis.get(keys.snapshot)) ?? '');
      expect(Math.abs(snapshot.publishedAtMs / 1000 - Number(seconds))).toBeLessThan(60);
      expect(Math.abs((await controller.state()).atMs / 1000 - Number(seconds))).toBeLessThan(60);
      expect(await schedulersIn(redis)).toHaveLength(2);
    }, waiting);
  });

  it('asks for probes that a clock ten minutes ahead has put off', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({
      redisUrl: server.url,
      execArgv: shifted(10),
      extraConfig: '[health_check]\ninterval_seconds = 2\ntimeout_seconds = 1',
    });
    await leads(controller);
    await vi.waitFor(() => expect(controller.output()).toContain('probes are overdue'), {
      timeout: 50_000,
      interval: 200,
    });
    await vi.waitFor(async () => {
      const queued = await redis.lrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:wait`, '0', '-1');
      expect(queued.filter((id) => !id.startsWith('repeat:'))).toHaveLength(2);
    }, waiting);
  });
});
