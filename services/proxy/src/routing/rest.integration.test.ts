/** What a proxy does with Redis while nobody asks anything. */
import { keys } from '@zephyr/runtime/redis/keys';
import { call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { openTestRedis, startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventually } from '../test-support/eventually.ts';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';

const SECOND = 1_000;

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startTestRedis();
  redis = openTestRedis(server);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** How often the proxy has written its presence. */
async function writes(): Promise<number> {
  return Number(/cmdstat_sadd:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
}

it('is reported and read each second, every four at rest, and at once by the hint', async () => {
  const clock = new ManualClock();
  const { proxy } = await startRig({ redisUrl: server.url, clock });
  const lifeMs = () => redis.pttl(keys.proxy(proxy.id));
  /** Lets a second pass, up to where the proxy waits for the next one. */
  const second = async () => {
    await clock.whenSet(SECOND);
    clock.advance(SECOND);
    await clock.whenSet(SECOND);
  };
  const writesIn = async (seconds: number) => {
    const before = await writes();
    for (let passed = 0; passed < seconds; passed += 1) await second();
    return (await writes()) - before;
  };

  expect(await writesIn(9)).toBe(9);
  expect(await lifeMs()).toBeLessThanOrEqual(5_000);
  await second();
  expect(await writesIn(12)).toBe(3);
  expect(await lifeMs()).toBeGreaterThan(5_000);

  await publishSnapshot(redis, { order: ['e2', 'e1'], configHash: proxy.configHash }, 'with hint');
  await eventually(async () =>
    expect((await proxy.status()).snapshot).toMatchObject({ source: 'redis', version: 1 }),
  );
  expect(await writesIn(3)).toBeLessThan(3);

  for (let round = 1; round <= 2; round += 1) {
    expect((await call(proxy.port)).status).toBe(200);
    expect(await writesIn(10)).toBe(10);
    expect(await lifeMs()).toBeLessThanOrEqual(5_000);
    expect(await writesIn(12)).toBe(3);
  }
});
