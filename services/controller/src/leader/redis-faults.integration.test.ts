import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { keys } from '@zephyr/runtime/redis/keys';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { describe, expect, it, onTestFinished } from 'vitest';

import {
  at,
  connectTo,
  faultProxyTo,
  leads,
  schedulersIn,
  startController,
  startRedis,
} from '../test-support/redis-rig.ts';
import { watchSnapshots } from '../test-support/watch-snapshots.ts';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('a controller whose Redis restarts with empty data', () => {
  it('restores the snapshot, the wishes and the schedulers', async () => {
    const port = await freePort();
    const first = await startRedisServer({ extraArguments: ['--port', String(port)] });
    onTestFinished(() => first.stop());
    const url = `redis://127.0.0.1:${port}`;
    const controller = await startController({ redisUrl: url });
    await leads(controller);
    await controller.command('pin', { endpointId: 'two' });
    const before = JSON.parse((await (await connectTo(url)).get(keys.snapshot)) ?? '');

    process.kill(first.pid, 'SIGKILL');
    await eventually(async () => expect((await controller.state()).store.status).toBe('away'));
    expect(await controller.command('pause')).toMatchObject({
      status: 503,
      body: { code: 'store_away' },
    });
    await startRedis(['--port', String(port)]);

    const redis = await connectTo(url);
    await eventually(async () => {
      const after = JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
      expect(after.mode).toEqual({ kind: 'manual', endpointId: 'two' });
      expect(after.selection).toEqual(before.selection);
      expect(after.incarnation).not.toBe(before.incarnation);
      expect(after.epoch).toBeGreaterThan(before.epoch);
      expect(await schedulersIn(redis)).toEqual(expect.arrayContaining(['one', 'two']));
    });
  });

  it('keeps wishes that another controller stored: a standby remembers what the leader committed', async () => {
    const port = await freePort();
    const first = await startRedisServer({ extraArguments: ['--port', String(port)] });
    onTestFinished(() => first.stop());
    const url = `redis://127.0.0.1:${port}`;
    const leader = await startController({ redisUrl: url });
    await leads(leader);
    const standby = await startController({ redisUrl: url });
    await leader.command('disable', { endpointId: 'one' });
    await eventually(async () => {
      const { endpoints } = await standby.state();
      expect(endpoints.find(({ id }) => id === 'one')?.enabled).toBe(false);
    });

    leader.signal('SIGKILL');
    process.kill(first.pid, 'SIGKILL');
    await leader.ended();
    await startRedis(['--port', String(port)]);
    await leads(standby);
    const { endpoints } = await standby.state();
    expect(endpoints.find(({ id }) => id === 'one')?.enabled).toBe(false);
  });

  it('restores the schedulers if only they are gone', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({ redisUrl: server.url });
    await leads(controller);
    await eventually(async () => expect(await schedulersIn(redis)).toHaveLength(2));
    const lost = await redis.keys(`${QUEUE_PREFIX}:*`);
    await redis.del(...lost);
    await eventually(async () => expect(await schedulersIn(redis)).toHaveLength(2));
  });
});

describe('a leader that is cut off from Redis', () => {
  it('stops leading, another takes over, and its late writes have no effect', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const faultProxy = await faultProxyTo(server);
    const leader = await startController({ redisUrl: at(faultProxy) });
    await leads(leader);
    const standby = await startController({ redisUrl: server.url });
    const watch = watchSnapshots(redis);
    onTestFinished(() => watch.stop());

    faultProxy.set({ kind: 'black_hole' });
    await eventually(() => expect(leader.output()).toContain('not renewed in time'));
    await leads(standby);
    const epoch = Number(await redis.get(keys.epoch));
    // Everything that the old leader sent in the meantime reaches Redis now.
    faultProxy.set({ kind: 'open' });
    await standby.command('pin', { endpointId: 'two' });
    await eventually(async () => {
      expect((await leader.state()).leadership.status).toBe('standby');
      expect((await leader.state()).mode).toEqual({ kind: 'manual', endpointId: 'two' });
    });
    expect(Number(await redis.get(keys.epoch))).toBe(epoch);
    expect(watch.wentBack).toEqual([]);
  });

  it('works again within 30 s after its connections go dead silently, twice', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const faultProxy = await faultProxyTo(server);
    const controller = await startController({ redisUrl: at(faultProxy) });
    for (let round = 0; round < 2; round += 1) {
      await leads(controller);
      await eventually(async () => expect(await schedulersIn(redis)).toHaveLength(2));
      faultProxy.silence();
      await redis.del(...(await redis.keys(`${QUEUE_PREFIX}:*`)));
      // A command needs the API's connection, the leader's, and the one that delivers the answer.
      await eventually(async () => {
        const endpointId = round === 0 ? 'two' : 'one';
        const answer = await controller.command('pin', { endpointId });
        expect(answer).toMatchObject({ status: 200 });
        expect(await schedulersIn(redis)).toHaveLength(2);
      });
    }
  });

  it('keeps leading through half a second of latency', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const faultProxy = await faultProxyTo(server);
    const leader = await startController({ redisUrl: at(faultProxy) });
    await leads(leader);
    const epoch = await redis.get(keys.epoch);
    faultProxy.set({ kind: 'slow', latencyMs: 250 });
    const inputs = await redis.xlen(keys.inputs);
    await eventually(
      async () => expect(await redis.xlen(keys.inputs)).toBeGreaterThan(inputs + 4),
      200,
    );
    expect(await redis.get(keys.epoch)).toBe(epoch);
  });

  it('commits once when the reply of a commit is lost', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const faultProxy = await faultProxyTo(server);
    const leader = await startController({ redisUrl: at(faultProxy) });
    await leads(leader);
    const watch = watchSnapshots(redis);
    onTestFinished(() => watch.stop());
    for (let round = 0; round < 10; round += 1) {
      const endpointId = round % 2 === 0 ? 'two' : 'one';
      const sent = leader.command('pin', { endpointId }).catch(() => undefined);
      // Somewhere between the command and the reply of its commit.
      await new Promise((resolve) => setTimeout(resolve, round));
      faultProxy.resetAll();
      await sent;
    }
    await eventually(async () => {
      expect((await leader.command('pin', { endpointId: 'one' })).status).toBe(200);
    });
    const versions = watch.seen.map(({ version }) => version);
    expect(watch.wentBack).toEqual([]);
    expect(new Set(versions).size).toBe(versions.length);
    const decisions = await redis.xrange(keys.decisions, '-', '+');
    const numbers = decisions.map(([, [, json]]) => JSON.parse(json ?? '{}').number as number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
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
    await eventually(async () => {
      const [seconds] = await redis.time();
      const snapshot = JSON.parse((await redis.get(keys.snapshot)) ?? '');
      expect(Math.abs(snapshot.publishedAtMs / 1000 - Number(seconds))).toBeLessThan(60);
      expect(Math.abs((await controller.state()).atMs / 1000 - Number(seconds))).toBeLessThan(60);
      expect(await schedulersIn(redis)).toHaveLength(2);
    });
  });

  it('requests probes that a clock ten minutes ahead has postponed', async () => {
    const server = await startRedis();
    const redis = await connectTo(server.url);
    const controller = await startController({
      redisUrl: server.url,
      execArgv: shifted(10),
      extraConfig: '[health_check]\ninterval_seconds = 2\ntimeout_seconds = 1',
    });
    await leads(controller);
    await eventually(() => expect(controller.output()).toContain('probes are overdue'), 200);
    await eventually(async () => {
      const queued = await redis.lrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:wait`, '0', '-1');
      expect(queued.filter((id) => !id.startsWith('repeat:'))).toHaveLength(2);
    });
  });
});
