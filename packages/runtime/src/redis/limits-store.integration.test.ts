import type { LimitsShare } from '@zephyr/contract/limits';
import type { UsageBatch, UsageCounts, UsageRow } from '@zephyr/contract/usage';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { keys } from './keys.ts';
import { exchangeLimits, MAX_PEOPLE } from './limits-store.ts';
import { readOwnDays, recordUsage } from './usage-store.ts';

const DAY_MS = 86_400_000;
/** A Saturday. */
const NOW_MS = Date.UTC(2026, 10, 28, 9, 30, 20);

const { redis } = await redisOfFile();

const countsOf = (costNanoUsd: number): UsageCounts => ({
  ...{ requests: 1, failed: 2, inputTokens: 3, outputTokens: 4, cacheReadTokens: 5 },
  ...{ cacheWrite5mTokens: 6, cacheWrite1hTokens: 7, costNanoUsd },
  ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
});
const row = (person: string, costNanoUsd: number, agoMs = 0, model = 'opus'): UsageRow => ({
  ...{ person, endpoint: 'tokyo', model, fromAtMs: NOW_MS - agoMs - (NOW_MS % 3_600_000) },
  counts: countsOf(costNanoUsd),
});
const batch = (sequence: number, ...rows: readonly UsageRow[]): UsageBatch => ({
  ...{ writer: 'one', sequence, rows, records: [] },
});
const record = (written: UsageBatch) => recordUsage(redis, written, { people: 2 });
async function spent(nowMs = NOW_MS) {
  const { day, week, month } = (await exchangeLimits(redis, nowMs)).spent;
  const of = (people: ReadonlyMap<string, number>) =>
    Object.fromEntries([...people].filter(([, value]) => value > 0));
  return { day: of(day.people), week: of(week.people), month: of(month.people) };
}

describe('what people have cost', () => {
  it('is added up by day, week and month, once for each batch', async () => {
    const rows = [row('ann', 10), row('ann', 5, 0, 'haiku'), row('bob', 7, 6 * DAY_MS)];
    expect(await record(batch(1, ...rows))).toBe('written');
    expect(await record(batch(1, ...rows))).toBe('known');
    expect(await record(batch(2, row('ann', 1)))).toBe('written');
    expect(await spent()).toEqual({
      ...{ day: { ann: 16 }, week: { ann: 16 }, month: { ann: 16, bob: 7 } },
    });
  });

  it('is made of the days of the ledger where only the totals are missing', async () => {
    await record(batch(1, row('ann', 10), row('ann', 3, DAY_MS), row('bob', 7)));
    await record(batch(2, row('ann', 4, 10 * DAY_MS), row('ann', 1, 0, 'haiku')));
    const before = await spent();
    expect(before.month).toEqual({ ann: 18, bob: 7 });
    const totals = await redis.keys('*usage-spent:*');
    await redis.del(...totals);
    // Reading makes them, and so does writing: with what is written, once.
    await exchangeLimits(redis, NOW_MS);
    expect(await spent()).toEqual(before);
    await redis.del(...totals);
    expect(await record(batch(3, row('bob', 2)))).toBe('written');
    expect(await spent()).toEqual({
      ...{ day: { ann: 11, bob: 9 }, week: { ann: 14, bob: 9 }, month: { ann: 18, bob: 9 } },
    });
  });

  it('lives until after its period, and has no more people than allowed', async () => {
    await record(batch(1, row('ann', 10)));
    const lifeMs = await redis.pttl(keys.usageSpent('week:2026-11-23'));
    expect(lifeMs).toBeGreaterThan(8 * DAY_MS);
    expect(lifeMs).toBeLessThanOrEqual(9 * DAY_MS);
    const many = Array.from({ length: MAX_PEOPLE + 5 }, (_, n) => row(`p${n}`, 1));
    await record(batch(2, ...many, row('ann', 1)));
    expect(await redis.hlen(keys.usageSpent('day:2026-11-28'))).toBe(MAX_PEOPLE);
    const { day } = await spent();
    expect([day['ann'], day['other']]).toEqual([11, 7]);
  });

  it('that no service of ours has written is left out, and stops nobody', async () => {
    const key = keys.usageSpent('day:2026-11-28');
    await record(batch(1, row('ann', 10)));
    await redis.hset(key, 'eve', 'much', 'bob', '5');
    expect((await spent()).day).toEqual({ ann: 10, bob: 5 });
    await record(batch(2, row('eve', 3)));
    expect((await spent()).day).toEqual({ ann: 10, bob: 5, eve: 3 });
  });
});

describe('what proxies let in', () => {
  const minuteAtMs = NOW_MS - (NOW_MS % 60_000);
  const share = (requests: number): LimitsShare => ({
    minuteAtMs,
    people: [{ person: 'ann', requests, tokens: 0, active: 1 }],
  });
  const others = async (proxyId: string, nowMs = NOW_MS) =>
    (await exchangeLimits(redis, nowMs, { proxyId, share: share(1) })).shares.map(
      (other) => other.share.people[0]?.requests,
    );

  it('is known to the others, each time whole', async () => {
    await exchangeLimits(redis, NOW_MS, { proxyId: 'one', share: share(3) });
    await exchangeLimits(redis, NOW_MS, { proxyId: 'one', share: share(4) });
    expect(await others('two')).toEqual([4]);
    expect(await others('one')).toEqual([1]);
  });

  it('is looked for in the minute before while the next one is young', async () => {
    await exchangeLimits(redis, NOW_MS, { proxyId: 'one', share: share(3) });
    expect(await others('two', minuteAtMs + 61_000)).toEqual([3]);
    expect(await others('three', minuteAtMs + 66_000)).toEqual([1]);
  });

  it('that is no share is left out', async () => {
    const [minute] = new Date(minuteAtMs).toISOString().split(':00.');
    await redis.hset(keys.usageShares(minute ?? ''), 'x', 'nonsense', 'y', '1 {"people":7}');
    expect(await others('two')).toEqual([]);
    await redis.set(keys.usageGrants, 'no list');
    expect((await exchangeLimits(redis, NOW_MS)).grants).toEqual([]);
  });
});

it("one person's rows are read, day by day, and nobody else's", async () => {
  const rows = [row('ann', 1), row('ann', 2, DAY_MS), row('anna', 3), row('bob', 4)];
  await record(batch(1, ...rows));
  const sinceAtMs = NOW_MS - (NOW_MS % DAY_MS) - 2 * DAY_MS;
  const own = await readOwnDays(redis, 'ann', { sinceAtMs, untilAtMs: NOW_MS });
  expect(own.map(({ person, counts }) => [person, counts.costNanoUsd])).toEqual([
    ['ann', 2],
    ['ann', 1],
  ]);
});
