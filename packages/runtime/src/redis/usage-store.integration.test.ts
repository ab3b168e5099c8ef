import { MAX_PERSON_CHARACTERS } from '@zephyr/contract/names';
import { DAY_MS, HOUR_MS, MIB } from '@zephyr/contract/units';
import type {
  RequestRecord,
  UsageBatch,
  UsageCounts,
  UsageRow,
} from '@zephyr/contract/usage/usage';
import { type UsageQuery, usageReport } from '@zephyr/core';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

import { MAX_CONFIGURED_PEOPLE } from '../config/keys/people-limits.ts';
import { keys } from './keys.ts';
import { syncLimits } from './people-limits-store.ts';
import { loadScript } from './script.ts';
import {
  DAY_ROWS,
  DAYS_STORED,
  HOUR_ROWS,
  HOURS_STORED,
  MAX_READ_ROWS,
  MAX_ROWS_OF_DAYS,
  MAX_ROWS_OF_HOURS,
} from './usage-rows.ts';
import {
  boundUsage,
  offerUsageScripts,
  PART_ROWS,
  readOwnDays,
  readUsage,
  recordUsage,
  usageRemovedBefore,
  usageRowsIn,
} from './usage-store.ts';

const NOW = Date.UTC(2026, 10, 28, 9);
const ALL = { sinceAtMs: Date.UTC(2026, 10, 28), untilAtMs: NOW + 24 * HOUR_MS };

const { redis } = await redisOfFile();

const COUNTS: UsageCounts = {
  ...{ requests: 1, failed: 0, inputTokens: 10, outputTokens: 20, cacheReadTokens: 300_000 },
  ...{ cacheWrite5mTokens: 40, cacheWrite1hTokens: 50, costNanoUsd: 6_000_000_001 },
  ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
};
const row = (rest: Partial<UsageRow> = {}): UsageRow => ({
  ...{ person: 'ann', endpoint: 'tokyo', model: 'opus', fromAtMs: NOW, counts: COUNTS },
  ...rest,
});
const batch = (sequence: number, rest: Partial<UsageBatch> = {}): UsageBatch => ({
  ...{ writer: 'one', sequence, rows: [row()], records: [] },
  ...rest,
});

const write = (written: UsageBatch, people = 2) => recordUsage(redis, written, { people });

const requestsIn = async (unit: 'hour' | 'day') => {
  const { rows } = await readUsage(redis, { ...ALL, unit });
  return rows.map(({ person, counts }) => `${person} ${counts.requests}`).toSorted();
};

describe('the ledger', () => {
  it('adds up by hour and by day', async () => {
    await write(batch(1));
    await write(batch(2, { rows: [row({ fromAtMs: NOW + HOUR_MS }), row({ person: 'bob' })] }));
    expect(await requestsIn('hour')).toEqual(['ann 1', 'ann 1', 'bob 1']);
    expect(await requestsIn('day')).toEqual(['ann 2', 'bob 1']);
    const { rows } = await readUsage(redis, { ...ALL, unit: 'day' });
    const ann = rows.find(({ person }) => person === 'ann');
    expect(ann?.counts).toEqual({
      ...COUNTS,
      ...{ requests: 2, inputTokens: 20, outputTokens: 40, cacheReadTokens: 600_000 },
      ...{ cacheWrite5mTokens: 80, cacheWrite1hTokens: 100, costNanoUsd: 12_000_000_002 },
    });
  });

  it('counts a batch once, however often it is sent, and each writer for itself', async () => {
    expect(await write(batch(1))).toBe('written');
    expect(await write(batch(1))).toBe('known');
    expect(await write(batch(1, { writer: 'two' }))).toBe('written');
    expect(await write(batch(2))).toBe('written');
    expect(await write(batch(1))).toBe('known');
    expect(await requestsIn('day')).toEqual(['ann 3']);
  });

  it('continues in a Redis that has lost everything, including scripts', async () => {
    await write(batch(1));
    await redis.flushall();
    await redis.script('FLUSH');
    expect(await write(batch(2))).toBe('written');
    expect(await requestsIn('day')).toEqual(['ann 1']);
  });

  it('is exact with numbers as large as they get', async () => {
    const large = {
      ...COUNTS,
      cacheReadTokens: 4_000_000_000_000_001,
      costNanoUsd: 900_000_000_000_001,
    };
    await write(batch(1, { rows: [row({ counts: large })] }));
    await write(batch(2, { rows: [row({ counts: large })] }));
    const { rows } = await readUsage(redis, { ...ALL, unit: 'day' });
    expect(rows[0]?.counts).toMatchObject({
      cacheReadTokens: 8_000_000_000_000_002,
      costNanoUsd: 1_800_000_000_000_002,
    });
  });

  it('stays readable if an endpoint has reported more than can be summed', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const lie = { ...COUNTS, outputTokens: 1e300, costNanoUsd: most };
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      await write(batch(sequence, { rows: [row({ counts: lie }), row({ model: 'haiku' })] }));
    }
    const { rows, rejected } = await readUsage(redis, { ...ALL, unit: 'day' });
    const counts = { requests: 3, outputTokens: most, costNanoUsd: most };
    expect(rows.find(({ model }) => model === 'opus')?.counts).toMatchObject(counts);
    expect([rows.length, rejected]).toEqual([2, 0]);
    // Nor does the person lose their budget.
    const spent = async () => (await syncLimits(redis, NOW)).spent.month.people.get('ann');
    expect(await spent()).toBe(most);
    await redis.del(...(await redis.keys('*usage-spent:*')));
    await syncLimits(redis, NOW);
    expect(await spent()).toBe(most);
  });

  it('writes a large batch in parts, so that nobody waits for all of it, and resumes after those already written', async () => {
    const rows = Array.from({ length: 3 * PART_ROWS + 1 }, (_, at) => row({ model: `m${at}` }));
    const large = batch(2, { rows, records: [{ id: 'zephyr_1' } as RequestRecord] });
    const total = async () =>
      usageReport((await readUsage(redis, { ...ALL, unit: 'day' })).rows, { ...ALL, by: [] }).total
        .requests;
    let calls = 0;
    const broken = {
      call: (...call: ['evalsha', string[]]) => {
        calls += 1;
        return calls === 3
          ? Promise.reject(new Error('Connection is closed.'))
          : redis.call(...call);
      },
    };
    await write(batch(1));
    const send = () => recordUsage(broken as unknown as Redis, large, { people: 2 });
    await expect(send()).rejects.toThrow('closed');
    expect(await total()).toBe(1 + 2 * PART_ROWS);
    expect(await send()).toBe('written');
    expect(await send()).toBe('known');
    expect(await total()).toBe(1 + 3 * PART_ROWS + 1);
    expect(await redis.xlen(keys.requests)).toBe(1);
    expect(await write(batch(3))).toBe('written');
    expect(calls).toBe(3 + 4 + 4);
  });

  it('lists a request once, even if its batch has grown by a part', async () => {
    const rows = Array.from({ length: PART_ROWS + 1 }, () => row());
    const records = [{ id: 'zephyr_1' } as RequestRecord];
    await write(batch(1, { rows: rows.slice(1), records }));
    await write(batch(1, { rows, records }));
    expect(await redis.xlen(keys.requests)).toBe(1);
  });

  it('sends no further part once aborted, and resumes when called again', async () => {
    const rows = Array.from({ length: 2 * PART_ROWS }, () => row());
    const aborting = new AbortController();
    const seen = {
      call: async (...call: ['evalsha', string[]]) => {
        const reply = await redis.call(...call);
        aborting.abort(new Error('stopped'));
        return reply;
      },
    };
    await write(batch(1));
    const options = { people: 2, signal: aborting.signal };
    const sent = recordUsage(seen as unknown as Redis, batch(2, { rows }), options);
    await expect(sent).rejects.toThrow('stopped');
    expect(await requestsIn('day')).toEqual([`ann ${1 + PART_ROWS}`]);
    expect(await write(batch(2, { rows }))).toBe('written');
    expect(await requestsIn('day')).toEqual([`ann ${1 + 2 * PART_ROWS}`]);
  });

  it('loses nothing and adds nothing, whatever is written in whatever batches', async () => {
    const some = fc.record({
      person: fc.constantFrom('ann', 'bob'),
      model: fc.constantFrom('opus', 'vendor/haiku-4.5:free'),
      fromAtMs: fc.nat(30).map((hour) => ALL.sinceAtMs + hour * HOUR_MS),
      counts: fc
        .record({ inputTokens: fc.nat(), requests: fc.nat(9) })
        .map((c) => ({ ...COUNTS, ...c })),
    });
    const property = fc.asyncProperty(
      fc.array(fc.array(some.map(row), { minLength: 1, maxLength: 8 }), { maxLength: 6 }),
      async (batches) => {
        await redis.flushall();
        for (const [at, rows] of batches.entries()) {
          await write(batch(at + 1, { rows }));
          await write(batch(at + 1, { rows }));
        }
        const range = { sinceAtMs: ALL.sinceAtMs, untilAtMs: ALL.sinceAtMs + 48 * HOUR_MS };
        const { total } = usageReport(batches.flat(), { ...range, by: [] });
        for (const unit of ['hour', 'day'] as const) {
          const { rows, rejected } = await readUsage(redis, { ...range, unit });
          expect(usageReport(rows, { ...range, by: [] }).total).toEqual(total);
          expect(rejected).toBe(0);
        }
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it.each([
    ['hour', HOUR_ROWS],
    ['day', DAY_ROWS],
  ] as const)(
    'folds what does not fit into one %s: first to its person, then to nobody',
    async (unit, { named, all }) => {
      const models = Array.from({ length: named + 10 }, (_, at) => row({ model: `m${at}` }));
      await write(batch(1, { rows: models.slice(0, named) }));
      const full = await readUsage(redis, { ...ALL, unit });
      expect(full.rows).toHaveLength(named);
      expect(full.rows.filter(({ model }) => model === 'other')).toEqual([]);
      await write(batch(2, { rows: models.slice(-10) }));
      await write(batch(3, { rows: [...models.slice(0, 5), ...models.slice(-5)] }));
      const people = Array.from({ length: all - named + 4 }, (_, at) => row({ person: `p${at}` }));
      await write(batch(4, { rows: people }));
      const read = await readUsage(redis, { ...ALL, unit });
      expect(read.rows).toHaveLength(all + 1);
      const requestsOf = (key: Partial<UsageRow>) =>
        usageReport(
          read.rows.filter((each) =>
            Object.entries(key).every(([k, v]) => each[k as 'person'] === v),
          ),
          { ...ALL, by: [] },
        ).total.requests;
      const other = { endpoint: 'other', model: 'other' };
      expect(requestsOf({ model: 'm0' })).toBe(2);
      expect(requestsOf({ person: 'ann', ...other })).toBe(15);
      expect(requestsOf({ person: 'p0', ...other })).toBe(1);
      // One row is ann's.
      expect(requestsOf({ person: 'other', ...other })).toBe(5);
      expect(requestsOf({})).toBe(named + 20 + people.length);
    },
  );

  it.each([1_000, MAX_CONFIGURED_PEOPLE])(
    'knows what each of %i people has used and cost, by whichever writer, on a second day too',
    async (people) => {
      const all = Array.from({ length: 6 * people }, (_, at) =>
        row({
          ...{ person: `p${at % people}`, model: `m${(at * 7) % 9}`, endpoint: `e${at % 3}` },
          fromAtMs: NOW + (at % 2) * DAY_MS,
          counts: { ...COUNTS, requests: 1 + (at % 5), costNanoUsd: at },
        }),
      );
      const [order] = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), 1);
      for (let sent = 0; sent < 4; sent += 1) {
        const rows = order?.slice((sent * all.length) / 4, ((sent + 1) * all.length) / 4) ?? [];
        await write(batch(sent + 1, { writer: `w${sent % 2}`, rows }), people);
      }
      const range = { sinceAtMs: ALL.sinceAtMs, untilAtMs: ALL.sinceAtMs + 2 * DAY_MS };
      const shown = (rows: readonly UsageRow[], by: UsageQuery['by']) =>
        usageReport(rows, { ...range, by });
      for (const [unit, { minNamed }] of [
        ['hour', HOUR_ROWS],
        ['day', DAY_ROWS],
      ] as const) {
        const { rows } = await readUsage(redis, { ...range, unit });
        expect(rows.length).toBeLessThanOrEqual(2 * MAX_READ_ROWS);
        const named = rows.filter(({ model }) => model !== 'other');
        expect(named.length).toBeGreaterThanOrEqual(2 * minNamed);
        expect(shown(rows, ['person', 'day'])).toEqual(shown(all, ['person', 'day']));
        expect(rows.some(({ model }) => model === 'other')).toBe(true);
      }
      const own = await readOwnDays(redis, 'p7', range);
      const wanted = all.filter(({ person }) => person === 'p7');
      expect(shown(own, ['day'])).toEqual(shown(wanted, ['day']));

      const before = await syncLimits(redis, NOW);
      await redis.del(...(await redis.keys('*usage-spent:*')));
      await syncLimits(redis, NOW);
      const { spent } = await syncLimits(redis, NOW);
      expect(new Map([...spent.month.people, ['other', 0]])).toEqual(
        new Map([...before.spent.month.people, ['other', 0]]),
      );
      expect(spent.month.people.get('p7')).toBe(
        wanted.reduce((sum, { counts }) => sum + counts.costNanoUsd, 0),
      );
    },
  );

  it('is read when it is full of the longest names', async () => {
    const long = (name: string | number, length: number) => String(name).padStart(length, 'x');
    const counts = Object.fromEntries(
      Object.keys(COUNTS).map((name) => [name, Number.MAX_SAFE_INTEGER]),
    ) as unknown as UsageCounts;
    const rows = Array.from({ length: MAX_READ_ROWS }, (_, at) =>
      row({
        person: long(at, MAX_PERSON_CHARACTERS),
        endpoint: long('e', 100),
        model: long(at, 100),
        counts,
      }),
    );
    await write(batch(1, { rows }), MAX_CONFIGURED_PEOPLE);
    const read = await readUsage(redis, { ...ALL, unit: 'day' });
    expect([read.rows.length, read.rejected]).toEqual([MAX_READ_ROWS, 0]);
  });

  it('has no more rows in all hours and all days than it has of 1,000 people: the oldest go', async () => {
    const full = Object.fromEntries(Array.from({ length: MAX_READ_ROWS }, (_, at) => [at, '']));
    const hour = (ago: number) =>
      keys.usageHour(new Date(NOW - ago * HOUR_MS).toISOString().slice(0, 13));
    const day = (ago: number) =>
      keys.usageDay(new Date(NOW - ago * DAY_MS).toISOString().slice(0, 10));
    const places = [
      { key: hour, hashes: HOURS_STORED, most: MAX_ROWS_OF_HOURS },
      { key: day, hashes: DAYS_STORED, most: MAX_ROWS_OF_DAYS },
    ];
    for (const { key, most } of places) {
      const fullHashes = Math.floor(most / MAX_READ_ROWS);
      for (let ago = -1; ago <= fullHashes; ago += 1) await redis.hset(key(ago), full);
      await redis.hset(key(fullHashes + 2), { ann: '' });
    }
    expect(await boundUsage(redis, NOW)).toBe(6);
    for (const { key, hashes, most } of places) {
      const fullHashes = Math.floor(most / MAX_READ_ROWS);
      const rows = await Promise.all(
        Array.from({ length: hashes }, (_, at) => redis.hlen(key(at - 1))),
      );
      const expected = Array.from({ length: hashes }, (_, at) =>
        at < fullHashes ? MAX_READ_ROWS : 0,
      );
      expect(rows).toEqual(expected);
    }
    expect(await boundUsage(redis, NOW)).toBe(0);
  });

  it('remembers until when it is incomplete, even if late rows arrive for removed hours', async () => {
    const full = Object.fromEntries(Array.from({ length: MAX_READ_ROWS }, (_, at) => [at, '']));
    const fullHashes = Math.floor(MAX_ROWS_OF_DAYS / MAX_READ_ROWS);
    const midnight = NOW - (NOW % DAY_MS);
    const day = (ago: number) =>
      keys.usageDay(new Date(NOW - ago * DAY_MS).toISOString().slice(0, 10));
    expect(await usageRemovedBefore(redis, 'day')).toBeUndefined();
    for (let ago = 0; ago <= fullHashes + 1; ago += 1) await redis.hset(day(ago), full);
    expect(await boundUsage(redis, NOW)).toBe(2);
    const removedBefore = midnight - (fullHashes - 1) * DAY_MS;
    expect(await usageRemovedBefore(redis, 'day')).toBe(removedBefore);
    await redis.hset(day(fullHashes), { late: '' });
    await redis.hset(day(fullHashes + 9), full);
    expect(await boundUsage(redis, NOW)).toBe(1);
    expect(await usageRemovedBefore(redis, 'day')).toBe(removedBefore);
    expect(await redis.pttl(keys.usageRemoved('day'))).toBeGreaterThan((DAYS_STORED - 1) * DAY_MS);
    expect(await usageRemovedBefore(redis, 'hour')).toBeUndefined();
  });

  it('loses no day of its own to a hash that none of our services has written', async () => {
    const day = (ago: number) =>
      keys.usageDay(new Date(NOW - ago * DAY_MS).toISOString().slice(0, 10));
    for (let ago = 0; ago < 40; ago += 1) await redis.hset(day(ago), { ann: '' });
    const fields = Array.from({ length: 2 * (MAX_ROWS_OF_DAYS + 1) }, (_, at) => String(at >> 1));
    for (let at = 0; at < fields.length; at += 200_000) {
      await redis.call('hset', [day(-1), ...fields.slice(at, at + 200_000)]);
    }
    expect(await boundUsage(redis, NOW)).toBe(0);
    expect((await redis.keys(keys.usageDay('*'))).length).toBe(41);
  });

  it('is bounded in a Redis whose memory is full, too', async () => {
    const full = Object.fromEntries(Array.from({ length: MAX_READ_ROWS }, (_, at) => [at, '']));
    const fullHashes = Math.floor(MAX_ROWS_OF_DAYS / MAX_READ_ROWS);
    for (let ago = 0; ago <= fullHashes; ago += 1) {
      await redis.hset(
        keys.usageDay(new Date(NOW - ago * DAY_MS).toISOString().slice(0, 10)),
        full,
      );
    }
    await redis.config('SET', 'maxmemory', '1mb');
    try {
      await expect(redis.set('more', '')).rejects.toThrow('OOM');
      expect(await boundUsage(redis, NOW)).toBe(1);
      expect(await usageRemovedBefore(redis, 'day')).toBeDefined();
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
  });

  it('loses nothing of 1,000 people with every hour and every day full', async () => {
    const call = redis.pipeline();
    const rows = (count: number) => Array.from({ length: 2 * count }, (_, at) => String(at >> 1));
    for (let ago = 0; ago < DAYS_STORED; ago += 1) {
      const name = new Date(NOW - ago * DAY_MS).toISOString().slice(0, 10);
      call.hset(keys.usageDay(name), ...rows(DAY_ROWS.all + 1));
    }
    for (let ago = 0; ago < HOURS_STORED; ago += 1) {
      const name = new Date(NOW - ago * HOUR_MS).toISOString().slice(0, 13);
      call.hset(keys.usageHour(name), ...rows(HOUR_ROWS.all + 1));
    }
    await call.exec();
    expect(await boundUsage(redis, NOW)).toBe(0);
  });

  it('expires: hours after 35 days, days after 400', async () => {
    await write(batch(1));
    const days = async (key: string) => Math.round((await redis.pttl(key)) / (24 * HOUR_MS));
    expect(await days(keys.usageHour('2026-11-28T09'))).toBe(35);
    expect(await days(keys.usageDay('2026-11-28'))).toBe(400);
    expect(await days(keys.usageWritten('one'))).toBe(35);
  });

  it('keeps the last requests', async () => {
    const record = { id: 'zephyr_1' } as RequestRecord;
    await write(batch(1, { records: [record, { ...record, id: 'zephyr_2' }] }));
    await write(batch(1, { records: [record] }));
    const entries = await redis.xrange(keys.requests, '-', '+');
    expect(entries.map(([, [, json]]) => JSON.parse(json ?? '').id)).toEqual([
      'zephyr_1',
      'zephyr_2',
    ]);
  });
});

it('offers its scripts again if the first reply came too late', async () => {
  await redis.script('FLUSH');
  let isLate = true;
  const busy = {
    script: async (...load: ['LOAD', string]) => {
      if (!isLate) return redis.script(...load);
      isLate = false;
      throw new Error('Command timed out');
    },
  };
  await offerUsageScripts(busy as unknown as Redis);
  expect(await redis.script('EXISTS', loadScript('record-usage').sha)).toEqual([1]);
});

describe('data in Redis that cannot be ours', () => {
  const value = Array.from({ length: 11 }, () => '1').join(' ');

  it.each([
    ['another field', ['ann', value]],
    ['an empty name', ['\ttokyo\topus', value]],
    ['a name that is too long', [`${'x'.repeat(65)}\ttokyo\topus`, value]],
    ['control characters', ['a\x1b[2J\ttokyo\topus', value]],
    ['fewer counts', ['ann\ttokyo\topus', '1 2']],
    ['a count that is none', ['ann\ttokyo\topus', value.replace('1', 'x')]],
    ['a negative one', ['ann\ttokyo\topus', value.replace('1', '-1')]],
    ['an endless one', ['ann\ttokyo\topus', value.replace('1', '9'.repeat(16))]],
  ])('%s is left out', (_, hash) => {
    const good = ['bob\ttokyo\topus', value];
    const read = usageRowsIn([...hash, ...good], 0);
    expect([read.rows.length, read.rejected]).toEqual([1, 1]);
  });

  it('is not read if it is too large', async () => {
    await redis.hset(keys.usageDay('2026-11-28'), 'ann\ttokyo\topus', 'x'.repeat(9 * MIB));
    await write(batch(1, { rows: [row({ fromAtMs: NOW + 24 * HOUR_MS })] }));
    const read = await readUsage(redis, { ...ALL, untilAtMs: NOW + 48 * HOUR_MS, unit: 'day' });
    expect([read.rows.length, read.rejected]).toEqual([1, 1]);
  });

  it.each([
    ['the hour', keys.usageHour('2026-11-28T09')],
    ['the day', keys.usageDay('2026-11-28')],
    ['the stream of requests', keys.requests],
    ['the total of the month', keys.usageSpent('month:2026-11-01')],
  ])('of another type in place of %s stops a batch before any of it is written', async (_, key) => {
    const records = [{ id: 'zephyr_1' } as RequestRecord];
    await write(batch(1, { records }));
    await redis.set(key, 'text');
    const stored = async () => {
      const names = (await redis.keys('*')).toSorted();
      return Promise.all(names.map(async (name) => [name, await redis.dump(name)]));
    };
    const before = await stored();
    await expect(write(batch(2, { records }))).rejects.toThrow('WRONGTYPE');
    expect(await stored()).toEqual(before);
  });

  it('does not stop the counting', async () => {
    await redis.hset(keys.usageDay('2026-11-28'), 'ann\ttokyo\topus', 'x y');
    await write(batch(1));
    expect(await requestsIn('day')).toEqual(['ann 1']);
  });
});
