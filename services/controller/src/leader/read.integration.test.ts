import { HOUR_MS } from '@zephyr/contract/units';
import { systemClock } from '@zephyr/runtime/clock';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import { keys } from '@zephyr/runtime/redis/keys';
import { MAX_READ_ROWS, MAX_ROWS_OF_HOURS } from '@zephyr/runtime/redis/usage-rows';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { expect, it } from 'vitest';

import { freshProgress, loaded, NOON_MS } from '../test-support/batches.ts';
import { read } from './read.ts';
import { RedisClock } from './redis-clock.ts';

const { redis } = await redisOfFile();
const STARTED_AT_MS = 50 * HOUR_MS;

/** A tick that begins so long after noon, and so long after the one before. */
function tick(afterNoonMs: number, elapsedMs: number) {
  const clock = new RedisClock({
    ...systemClock,
    ...{ nowMs: () => STARTED_AT_MS, epochMs: () => NOON_MS + afterNoonMs },
  });
  const configSource = { current: () => loaded } as ConfigSource;
  const progress = { ...freshProgress(), tickedAtMs: STARTED_AT_MS - elapsedMs };
  return read(progress, {
    ...{ redis, waiting: redis, clock, configSource },
    ...{ schedules: { nextAtMs: async () => undefined }, setAside: () => undefined },
  });
}

it('with the first tick of an hour the oldest hours of a ledger with too many rows go', async () => {
  const rows = Object.fromEntries(Array.from({ length: MAX_READ_ROWS }, (_, at) => [at, '']));
  const kept = Math.floor(MAX_ROWS_OF_HOURS / MAX_READ_ROWS);
  const hour = (ago: number) =>
    keys.usageHour(new Date(NOON_MS - ago * HOUR_MS).toISOString().slice(0, 13));
  for (let ago = 0; ago <= kept; ago += 1) await redis.hset(hour(ago), rows);
  const hours = async () => (await redis.keys(keys.usageHour('*'))).length;

  expect((await tick(1_500, 1_000))?.tick).not.toBeNull();
  expect(await hours()).toBe(kept + 1);
  await tick(500, 1_000);
  expect([await hours(), await redis.exists(hour(kept))]).toEqual([kept, 0]);
});
