import { DAY_MS } from '@zephyr/contract/units';
import type { UsageBatch, UsageCounts, UsageRow } from '@zephyr/contract/usage/usage';
import { PeopleCounters } from '@zephyr/core';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { keys } from './keys.ts';
import { MAX_PEOPLE, syncLimits } from './people-limits-store.ts';
import { readOwnDays, recordUsage } from './usage-store.ts';

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
  const { day, week, month } = (await syncLimits(redis, nowMs)).spent;
  const of = (people: ReadonlyMap<string, number>) =>
    Object.fromEntries([...people].filter(([, value]) => value > 0));
  return { day: of(day.people), week: of(week.people), month: of(month.people) };
}

describe('the cost of people', () => {
  it('is summed by day, week and month, once per batch', async () => {
    const rows = [row('ann', 10), row('ann', 5, 0, 'haiku'), row('bob', 7, 6 * DAY_MS)];
    expect(await record(batch(1, ...rows))).toBe('written');
    expect(await record(batch(1, ...rows))).toBe('known');
    expect(await record(batch(2, row('ann', 1)))).toBe('written');
    expect(await spent()).toEqual({
      ...{ day: { ann: 16 }, week: { ann: 16 }, month: { ann: 16, bob: 7 } },
    });
  });

  it('is rebuilt from the ledger’s days if only the totals are missing', async () => {
    await record(batch(1, row('ann', 10), row('ann', 3, DAY_MS), row('bob', 7)));
    await record(batch(2, row('ann', 4, 10 * DAY_MS), row('ann', 1, 0, 'haiku')));
    const before = await spent();
    expect(before.month).toEqual({ ann: 18, bob: 7 });
    const totals = await redis.keys('*usage-spent:*');
    await redis.del(...totals);
    // Reading creates them, and so does writing, which counts once.
    await syncLimits(redis, NOW_MS);
    expect(await spent()).toEqual(before);
    await redis.del(...totals);
    expect(await record(batch(3, row('bob', 2)))).toBe('written');
    expect(await spent()).toEqual({
      ...{ day: { ann: 11, bob: 9 }, week: { ann: 14, bob: 9 }, month: { ann: 18, bob: 9 } },
    });
  });

  it('is the eighth count of a row, also in rows that are stored already', async () => {
    const field = 'ann\ttokyo\topus';
    await redis.hset(keys.usageDay('2026-11-28'), field, '1 2 3 4 5 6 7 8 9 10 11');
    await syncLimits(redis, NOW_MS);
    expect((await spent()).day).toEqual({ ann: 8 });
    const [read] = await readOwnDays(redis, 'ann', {
      sinceAtMs: Date.UTC(2026, 10, 28),
      untilAtMs: NOW_MS,
    });
    // Another order would read the rows of all installations wrongly.
    expect(read?.counts).toEqual({
      ...{ requests: 1, failed: 2, inputTokens: 3, outputTokens: 4, cacheReadTokens: 5 },
      ...{ cacheWrite5mTokens: 6, cacheWrite1hTokens: 7, costNanoUsd: 8 },
      ...{ unpriced: 9, incomplete: 10, possiblyBilledTwice: 11 },
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

  it('not written by our services is ignored, and blocks nobody', async () => {
    const key = keys.usageSpent('day:2026-11-28');
    await record(batch(1, row('ann', 10)));
    await redis.hset(key, 'eve', 'much', 'bob', '5');
    expect((await spent()).day).toEqual({ ann: 10, bob: 5 });
    await record(batch(2, row('eve', 3)));
    expect((await spent()).day).toEqual({ ann: 10, bob: 5, eve: 3 });
  });
});

/** Begins, ends and syncs as a proxy does. */
class Sharer {
  readonly counters = new PeopleCounters();
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  async sync({ nowMs = NOW_MS, isHeard = true, isWhole = false } = {}): Promise<void> {
    const share = this.counters.share(nowMs, isWhole ? 'whole' : 'changed');
    const read = await syncLimits(redis, nowMs, { proxyId: this.#id, share });
    if (isHeard) this.counters.receive(read, nowMs);
  }

  of(person: string, nowMs = NOW_MS) {
    const { requests, tokens, active } = this.counters.of([person], nowMs);
    return { requests, tokens, active };
  }
}

/** What two proxies admitted, and what each knows of it. */
class SharersModel {
  readonly sums = new Map(
    ['ann', 'bob'].map((person) => [person, { requests: 0, tokens: 0, active: 0 }]),
  );
  readonly #sharers = new Map(['one', 'two'].map((who) => [who, new Sharer(who)]));
  readonly #running = new Map<string, number>();

  known() {
    return [...this.#sharers.values()].map(
      (sharer) => new Map([...this.sums.keys()].map((person) => [person, sharer.of(person)])),
    );
  }

  begin(who: string, person: string): void {
    this.#counters(who)?.began(person, NOW_MS);
    this.#running.set(`${who} ${person}`, (this.#running.get(`${who} ${person}`) ?? 0) + 1);
    this.#add(person, 1, 0, 1);
  }
  end(who: string, person: string): void {
    const running = this.#running.get(`${who} ${person}`) ?? 0;
    if (running === 0) return;
    this.#counters(who)?.ended(person);
    this.#running.set(`${who} ${person}`, running - 1);
    this.#add(person, 0, 0, -1);
  }
  use(who: string, person: string): void {
    this.#counters(who)?.used(person, { costNanoUsd: 0, tokens: 7 }, NOW_MS);
    this.#add(person, 0, 7, 0);
  }
  async sync(who: string): Promise<void> {
    await this.#sharers.get(who)?.sync();
  }
  async lose(who: string): Promise<void> {
    await this.#sharers.get(who)?.sync({ isHeard: false });
  }
  async whole(who: string): Promise<void> {
    await this.#sharers.get(who)?.sync({ isWhole: true });
  }
  async empty(): Promise<void> {
    await redis.flushall();
  }

  #counters(who: string): PeopleCounters | undefined {
    return this.#sharers.get(who)?.counters;
  }

  #add(person: string, requests: number, tokens: number, active: number): void {
    const sum = this.sums.get(person) ?? { requests: 0, tokens: 0, active: 0 };
    this.sums.set(person, {
      requests: sum.requests + requests,
      tokens: sum.tokens + tokens,
      active: sum.active + active,
    });
  }
}

describe('the admissions of proxies', () => {
  it('is summed up, once, however often it is shared', async () => {
    const [one, two] = [new Sharer('one'), new Sharer('two')];
    one.counters.began('ann', NOW_MS);
    await one.sync({ isHeard: false });
    one.counters.began('ann', NOW_MS);
    one.counters.used('ann', { costNanoUsd: 0, tokens: 70 }, NOW_MS);
    await one.sync();
    await one.sync({ isWhole: true });
    two.counters.began('ann', NOW_MS);
    await two.sync();
    expect(two.of('ann')).toEqual({ requests: 3, tokens: 70, active: 3 });
    one.counters.ended('ann');
    await one.sync();
    await two.sync();
    for (const proxy of [one, two]) {
      expect(proxy.of('ann')).toEqual({ requests: 3, tokens: 70, active: 2 });
    }
  });

  it('restarts at zero with the next minute, except for active requests', async () => {
    const [one, two] = [new Sharer('one'), new Sharer('two')];
    one.counters.began('ann', NOW_MS);
    await one.sync();
    const nowMs = NOW_MS + 60_000;
    await two.sync({ nowMs });
    expect(two.of('ann', nowMs)).toEqual({ requests: 0, tokens: 0, active: 1 });
    one.counters.began('ann', nowMs);
    await one.sync({ nowMs });
    await two.sync({ nowMs });
    expect(two.of('ann', nowMs)).toEqual({ requests: 1, tokens: 0, active: 2 });
  });

  it('is restored with the next full report if Redis has lost it', async () => {
    const [one, two] = [new Sharer('one'), new Sharer('two')];
    one.counters.began('ann', NOW_MS);
    await one.sync();
    await redis.flushall();
    await one.sync({ isWhole: true });
    await two.sync();
    expect(two.of('ann')).toEqual({ requests: 1, tokens: 0, active: 1 });
  });

  it('that ends after its span has expired is not written: it would never expire again', async () => {
    const one = new Sharer('one');
    one.counters.began('ann', NOW_MS);
    await one.sync();
    const spans = [keys.usageActive('even'), keys.usageActive('odd')];
    expect(await redis.del(...spans)).toBe(1);
    one.counters.ended('ann');
    await one.sync();
    expect(await redis.exists(...spans)).toBe(0);
  });

  it('of a proxy that is gone expires, that of others does not', async () => {
    const [gone, lives, looks] = [new Sharer('gone'), new Sharer('lives'), new Sharer('looks')];
    gone.counters.began('ann', NOW_MS);
    lives.counters.began('ann', NOW_MS);
    await gone.sync();
    await eventually(async () => {
      await lives.sync({ isWhole: true });
      await looks.sync();
      expect(looks.of('ann')).toEqual({ requests: 2, tokens: 0, active: 1 });
    }, 300);
  });

  it('is exact after any admissions, ends, reports and lost replies of two proxies', async () => {
    const step = fc.record({
      who: fc.constantFrom('one', 'two'),
      what: fc.constantFrom('begin', 'end', 'use', 'sync', 'lose', 'whole', 'empty'),
      person: fc.constantFrom('ann', 'bob'),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await redis.flushall();
      const model = new SharersModel();
      for (const { who, what, person } of steps) await model[what](who, person);
      for (const who of ['one', 'two', 'one', 'two']) await model.whole(who);
      for (const known of model.known()) expect(known).toEqual(model.sums);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('that is not ours is ignored', async () => {
    const [minute] = new Date(NOW_MS - (NOW_MS % 60_000)).toISOString().split(':00.');
    await redis.hset(keys.usageMinute(minute ?? ''), 'ann', 'nonsense', 'bob', '3 x');
    for (const turn of ['even', 'odd'] as const) {
      await redis.hset(keys.usageActive(turn), 'ann', 'many', 'bob', '-1');
    }
    await redis.hset(keys.usageShare('one'), 'ann', 'some');
    await redis.set(keys.usageGrants, 'no list');
    const one = new Sharer('one');
    one.counters.began('ann', NOW_MS);
    await one.sync();
    expect(one.of('bob')).toEqual({ requests: 0, tokens: 0, active: 0 });
    const two = new Sharer('two');
    await two.sync();
    expect(two.of('ann')).toEqual({ requests: 1, tokens: 0, active: 1 });
    expect((await syncLimits(redis, NOW_MS)).grants).toEqual([]);
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
