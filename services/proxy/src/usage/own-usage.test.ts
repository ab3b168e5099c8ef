import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { expect, it } from 'vitest';

import { PeopleLimits } from '../people-limits/people-limits.ts';
import { OwnUsageReader } from './own-usage.ts';

const DAYS = 30;

/** A Redis with the given rows for each day, the oldest day first. */
function setUp(rowsOfDay: (day: number) => readonly string[] = () => []) {
  const clock = new ManualClock();
  // At midnight, there would be nothing to read of today.
  clock.advance(HOUR_MS);
  const limits = new PeopleLimits(
    {
      clients: [{ name: 'ann', models: ['claude-opus-*'], requestsPerMinute: 5 }],
      teams: [{ name: 'core', members: ['ann'], activeRequests: 3, tokensPerMinute: 100 }],
      clientDefaults: {},
    },
    { proxyId: 'p1', clock },
  );
  let calls = 0;
  const redis = {
    status: 'ready',
    isFailing: false,
    call: async () => {
      if (redis.isFailing) throw new Error('Command timed out');
      calls += 1;
      return rowsOfDay((calls - 1) % DAYS);
    },
  };
  const reader = new OwnUsageReader({ redis: redis as unknown as Redis, limits, clock });
  /** How many times the ledger was read. */
  const reads = () => calls / DAYS;
  return { clock, limits, redis, reader, reads };
}

it('reads the ledger at most every five seconds for each person', async () => {
  const { clock, reader, reads } = setUp();
  await Promise.all([reader.read('ann'), reader.read('ann'), reader.read('bob')]);
  expect(reads()).toBe(2);
  clock.advance(4_999);
  await reader.read('ann');
  expect(reads()).toBe(2);
  clock.advance(1);
  await reader.read('ann');
  expect(reads()).toBe(3);
});

it('remembers the usage of a thousand people', async () => {
  const { reader, reads } = setUp();
  for (let n = 0; n < 1_000; n += 1) await reader.read(`p${n}`);
  await reader.read('p0');
  expect(reads()).toBe(1_000);
  await reader.read('p1000');
  await reader.read('p0');
  expect(reads()).toBe(1_002);
});

it('is undefined while Redis is away, and remembers no failure', async () => {
  const { redis, reader, reads } = setUp();
  redis.isFailing = true;
  expect(await reader.read('ann')).toBeUndefined();
  redis.isFailing = false;
  expect(await reader.read('ann')).toBeDefined();
  redis.status = 'reconnecting';
  expect(await reader.read('ann')).toBeUndefined();
  expect(reads()).toBe(1);
});

it('sums up today and the last 7 and 30 days, by model', async () => {
  const counts = (requests: number) => `${requests} 0 0 0 0 0 0 0 0 0 0`;
  const { clock, reader } = setUp((day) => {
    if (day === DAYS - 1) return ['ann\tone\tclaude-opus-9', counts(1)];
    if (day === DAYS - 2) return ['ann\tone\tclaude-opus-9', counts(16)];
    if (day === DAYS - 7) return ['ann\ttwo\tclaude-opus-9', counts(2)];
    if (day === DAYS - 8) return ['ann\ttwo\tclaude-haiku-9', counts(4)];
    return day === 0 ? ['ann\ttwo\tclaude-opus-9', counts(8)] : [];
  });
  clock.advance(DAY_MS - 2 * HOUR_MS);
  const usage = await reader.read('ann');
  const requestsOf = (figures: { readonly total: { readonly requests: number } } | undefined) =>
    figures?.total.requests;
  expect([usage?.today, usage?.days_7, usage?.days_30].map(requestsOf)).toEqual([1, 19, 31]);
  expect(
    usage?.days_30.models.map(({ model, requests }) => [model, requests] as const).toSorted(),
  ).toEqual([
    ['claude-haiku-9', 4],
    ['claude-opus-9', 27],
  ]);
});

it('shows the limits of a person and the team with what is used, and the permitted models', async () => {
  const { reader, limits } = setUp();
  limits.began('ann');
  const usage = await reader.read('ann');
  expect(usage?.limits).toEqual([
    { name: 'ann', of: 'person', limit: 'requests_per_minute', allowed: 5, used: 1 },
    { name: 'core', of: 'team', limit: 'tokens_per_minute', allowed: 100, used: 0 },
    { name: 'core', of: 'team', limit: 'active_requests', allowed: 3, used: 1 },
  ]);
  expect(usage?.models).toEqual(['claude-opus-*']);
  expect((await reader.read('bob'))?.models).toBeNull();
});
