import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';
import { type SentinelSet, startSentinelSet } from '../test-support/sentinels.ts';
import { type SnapshotWatch, watchSnapshots } from '../test-support/watch-snapshots.ts';

let set: SentinelSet;
let redis: Redis;
let watch: SnapshotWatch;
let controllers: ControllerProcess[];

beforeEach(async () => {
  set = await startSentinelSet();
  redis = openTestRedis({ url: set.url });
  await new Promise((resolve) => redis.once('ready', resolve));
  watch = watchSnapshots(redis);
  controllers = [];
});
afterEach(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()));
  await watch.stop();
  redis.disconnect();
  await set.stop();
});

async function start(): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start({ redisUrl: set.url });
  controllers.push(controller);
  return controller;
}

describe('controllers on Sentinels', () => {
  it('continue at the new primary with one leader and the operators’ wishes', async () => {
    const one = await start();
    await eventually(async () => {
      expect((await one.state()).leadership.status).toBe('leading');
    });
    await start();
    expect((await one.command('pin', { endpointId: 'two' })).status).toBe(200);
    // The replicas are known to all Sentinels and hold the wish.
    await eventually(async () => {
      expect(await redis.info('replication')).toContain('connected_slaves:2');
      expect(await redis.wait(2, 1_000)).toBe(2);
    });

    process.kill(set.primary.pid, 'SIGKILL');
    const seen = watch.seen.length;
    await eventually(() => expect(watch.seen.length).toBeGreaterThan(seen));

    await eventually(async () => {
      const states = await Promise.all(controllers.map((controller) => controller.state()));
      const leading = states.filter(({ leadership }) => leadership.status === 'leading');
      expect(leading).toHaveLength(1);
      expect(leading[0]?.mode).toEqual({ kind: 'manual', endpointId: 'two' });
      expect(await redis.zcard(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`)).toBe(2);
      expect(Number(await redis.get(keys.epoch))).toBe(watch.seen.at(-1)?.epoch);
    });
    // Its own connection may still be moving to the new primary, which the 503 indicates.
    await eventually(async () => {
      expect((await one.command('unpin', {})).status).toBe(200);
    });
    expect(watch.wentBack).toEqual([]);
  });
});
