import { HOUR_MS } from '@zephyr/contract/units';
import { systemClock } from '@zephyr/runtime/clock';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { keys } from '@zephyr/runtime/redis/keys';
import { MAX_READ_ROWS, MAX_ROWS_OF_HOURS } from '@zephyr/runtime/redis/usage-rows';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { expect, it } from 'vitest';

import { freshProgress, loaded, NOON_MS } from '../test-support/batches.ts';
import { read } from './read.ts';
import { RedisClock } from './redis-clock.ts';

const { redis } = await redisOfFile();
const STARTED_AT_MS = 50 * HOUR_MS;

/** A tick at this time after noon, with this time since the previous tick. */
function tick(afterNoonMs: number, elapsedMs: number, current = loaded) {
  const clock = new RedisClock({
    ...systemClock,
    ...{ nowMs: () => STARTED_AT_MS, epochMs: () => NOON_MS + afterNoonMs },
  });
  const configSource = { current: () => current } as ConfigSource;
  const progress = { ...freshProgress(), tickedAtMs: STARTED_AT_MS - elapsedMs };
  return read(progress, {
    ...{ redis, waiting: redis, clock, configSource },
    ...{ schedules: { nextAtMs: async () => undefined }, setAside: () => undefined },
  });
}

it('the first tick of an hour removes the oldest hours of a ledger with too many rows', async () => {
  const rows = Object.fromEntries(Array.from({ length: MAX_READ_ROWS }, (_, at) => [at, '']));
  const fullHours = Math.floor(MAX_ROWS_OF_HOURS / MAX_READ_ROWS);
  const hour = (ago: number) =>
    keys.usageHour(new Date(NOON_MS - ago * HOUR_MS).toISOString().slice(0, 13));
  for (let ago = 0; ago <= fullHours; ago += 1) await redis.hset(hour(ago), rows);
  const hours = async () => (await redis.keys(keys.usageHour('*'))).length;

  expect((await tick(1_500, 1_000))?.tick).not.toBeNull();
  expect(await hours()).toBe(fullHours + 1);
  await tick(500, 1_000);
  expect([await hours(), await redis.exists(hour(fullHours))]).toEqual([fullHours, 0]);
});

it('a tick happens without the budgets if they cannot be read', async () => {
  const { config } = loaded;
  const limited = { ...loaded, config: { ...config, clientDefaults: { budgetUsdPerDay: 1 } } };
  expect((await tick(1_500, 1_000, limited))?.budgets).toMatchObject([{ budget_usd: 1 }]);
  await redis.set(keys.usageGrants, 'no list');
  await redis.set(keys.usageSpent(`day:${new Date(NOON_MS).toISOString().slice(0, 10)}`), 'text');
  const reading = await tick(1_500, 1_000, limited);
  expect([reading?.budgets, reading?.tick?.elapsedMs]).toEqual([undefined, 1_000]);
});
