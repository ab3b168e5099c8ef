import { once } from 'node:events';
import { systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startTail } from './stream-follower.ts';

const log = createLogger('test', 'silent');
let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startTestRedis();
  redis = createRedis({ url: server.url }, log, 'command');
  await once(redis, 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function reads(): Promise<number> {
  return Number(/cmdstat_xread:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
}

const append = (atMs: number) =>
  redis.xadd(
    keys.log,
    '*',
    'json',
    JSON.stringify({ kind: 'leader', atMs, instanceId: 'controller-1', epoch: 1 }),
  );

it('reads while it has followers, pauses without them, and resumes', async () => {
  const tail = startTail({ url: server.url }, log, systemClock);
  const seen: number[] = [];
  tail.events.on('log', ({ atMs }) => void seen.push(atMs));
  try {
    for (let round = 1; round <= 2; round += 1) {
      const [first, second] = [tail.follow(), tail.follow()];
      await Promise.all([first.started, second.started]);
      await append(round * 10);
      await eventually(() => expect(seen.at(-1)).toBe(round * 10));
      first.end();
      await append(round * 10 + 1);
      await eventually(() => expect(seen.at(-1)).toBe(round * 10 + 1));
      second.end();

      // Longer than the tail waits for a new entry.
      let before = -1;
      const hasRested = async () => {
        const now = await reads();
        const isSame = now === before;
        before = now;
        expect(isSame).toBe(true);
      };
      await eventually(hasRested, 1_500);
      await append(round * 10 + 2);
    }
    // Entries written in between are history.
    expect(seen).toEqual([10, 11, 20, 21]);
  } finally {
    tail.stop();
  }
});

it('pauses after a failure, and then resumes', async () => {
  const clock = new ManualClock();
  const tail = startTail({ url: server.url }, log, clock);
  const seen: number[] = [];
  tail.events.on('log', ({ atMs }) => void seen.push(atMs));
  try {
    await tail.follow().started;
    await redis.set(keys.log, 'not a stream');
    await clock.whenSet(500);
    await redis.del(keys.log);
    await append(30);
    clock.advance(500);
    await eventually(() => expect(seen).toEqual([30]));
  } finally {
    tail.stop();
  }
});

it('reads the log of requests, which is long, only while somebody listens for them', async () => {
  const tail = startTail({ url: server.url }, log, systemClock);
  const monitor = await redis.monitor();
  const seen = { requests: 0, log: 0 };
  monitor.on('monitor', (_time, args: readonly string[]) => {
    if (args.includes(keys.requests)) seen.requests += 1;
    if (args[0] === 'xread') seen.log += 1;
  });
  try {
    await tail.follow().started;
    await eventually(() => expect(seen.log).toBeGreaterThan(1));
    expect(seen.requests).toBe(0);
    tail.events.on('request', () => undefined);
    await eventually(() => expect(seen.requests).toBeGreaterThan(0));
  } finally {
    tail.stop();
    monitor.disconnect();
  }
});
