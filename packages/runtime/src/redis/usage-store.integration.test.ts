import type { RequestRecord, UsageBatch, UsageCounts, UsageRow } from '@zephyr/contract/usage';
import { usageReport } from '@zephyr/core';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

import { keys } from './keys.ts';
import { loadScript } from './script.ts';
import {
  MAX_DAY_ROWS,
  MAX_HOUR_ROWS,
  offerUsageScripts,
  readUsage,
  recordUsage,
  rowsOf,
} from './usage-store.ts';

const HOUR_MS = 3_600_000;
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

const requestsIn = async (unit: 'hour' | 'day') => {
  const { rows } = await readUsage(redis, { ...ALL, unit });
  return rows.map(({ person, counts }) => `${person} ${counts.requests}`).toSorted();
};

describe('the ledger', () => {
  it('adds up by hour and by day', async () => {
    await recordUsage(redis, batch(1));
    await recordUsage(
      redis,
      batch(2, { rows: [row({ fromAtMs: NOW + HOUR_MS }), row({ person: 'bob' })] }),
    );
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
    expect(await recordUsage(redis, batch(1))).toBe('written');
    expect(await recordUsage(redis, batch(1))).toBe('known');
    expect(await recordUsage(redis, batch(1, { writer: 'two' }))).toBe('written');
    expect(await recordUsage(redis, batch(2))).toBe('written');
    expect(await recordUsage(redis, batch(1))).toBe('known');
    expect(await requestsIn('day')).toEqual(['ann 3']);
  });

  it('goes on in a Redis that has lost everything, scripts too', async () => {
    await recordUsage(redis, batch(1));
    await redis.flushall();
    await redis.script('FLUSH');
    expect(await recordUsage(redis, batch(2))).toBe('written');
    expect(await requestsIn('day')).toEqual(['ann 1']);
  });

  it('is exact with numbers as large as they get', async () => {
    const large = {
      ...COUNTS,
      cacheReadTokens: 4_000_000_000_000_001,
      costNanoUsd: 900_000_000_000_001,
    };
    await recordUsage(redis, batch(1, { rows: [row({ counts: large })] }));
    await recordUsage(redis, batch(2, { rows: [row({ counts: large })] }));
    const { rows } = await readUsage(redis, { ...ALL, unit: 'day' });
    expect(rows[0]?.counts).toMatchObject({
      cacheReadTokens: 8_000_000_000_000_002,
      costNanoUsd: 1_800_000_000_000_002,
    });
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
          await recordUsage(redis, batch(at + 1, { rows }));
          await recordUsage(redis, batch(at + 1, { rows }));
        }
        const range = { sinceAtMs: ALL.sinceAtMs, untilAtMs: ALL.sinceAtMs + 48 * HOUR_MS };
        const { total } = usageReport(batches.flat(), { ...range, by: [] });
        for (const unit of ['hour', 'day'] as const) {
          const { rows, refused } = await readUsage(redis, { ...range, unit });
          expect(usageReport(rows, { ...range, by: [] }).total).toEqual(total);
          expect(refused).toBe(0);
        }
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it.each([
    ['hour', MAX_HOUR_ROWS],
    ['day', MAX_DAY_ROWS],
  ] as const)(
    'has no more than so many rows in one %s; the rest counts as other',
    async (unit, most) => {
      const rows = Array.from({ length: most + 10 }, (_, at) => row({ model: `m${at}` }));
      await recordUsage(redis, batch(1, { rows: rows.slice(0, most) }));
      const full = await readUsage(redis, { ...ALL, unit });
      expect(full.rows).toHaveLength(most);
      expect(full.rows.filter(({ person }) => person === 'other')).toEqual([]);
      await recordUsage(redis, batch(2, { rows: rows.slice(-10) }));
      await recordUsage(redis, batch(3, { rows: [...rows.slice(0, 5), ...rows.slice(-5)] }));
      const read = await readUsage(redis, { ...ALL, unit });
      expect(read.rows).toHaveLength(most + 1);
      expect(read.rows.find(({ model }) => model === 'm0')?.counts.requests).toBe(2);
      const other = read.rows.find(({ person }) => person === 'other');
      expect(other).toMatchObject({ endpoint: 'other', model: 'other', counts: { requests: 15 } });
      const { total } = usageReport(read.rows, { ...ALL, by: [] });
      expect(total).toMatchObject({ requests: most + 20, input_tokens: 10 * (most + 20) });
    },
  );

  it('is read when it is full of the longest names', async () => {
    const long = (name: string | number, length: number) => String(name).padStart(length, 'x');
    const counts = Object.fromEntries(
      Object.keys(COUNTS).map((name) => [name, Number.MAX_SAFE_INTEGER]),
    ) as unknown as UsageCounts;
    const rows = Array.from({ length: MAX_DAY_ROWS + 1 }, (_, at) =>
      row({ person: long('p', 64), endpoint: long('e', 100), model: long(at, 100), counts }),
    );
    await recordUsage(redis, batch(1, { rows }));
    const read = await readUsage(redis, { ...ALL, unit: 'day' });
    expect([read.rows.length, read.refused]).toEqual([MAX_DAY_ROWS + 1, 0]);
  });

  it('is gone by itself: hours after 35 days, days after 400', async () => {
    await recordUsage(redis, batch(1));
    const days = async (key: string) => Math.round((await redis.pttl(key)) / (24 * HOUR_MS));
    expect(await days(keys.usageHour('2026-11-28T09'))).toBe(35);
    expect(await days(keys.usageDay('2026-11-28'))).toBe(400);
    expect(await days(keys.usageWritten('one'))).toBe(35);
  });

  it('keeps the last requests', async () => {
    const record = { id: 'zephyr_1' } as RequestRecord;
    await recordUsage(redis, batch(1, { records: [record, { ...record, id: 'zephyr_2' }] }));
    await recordUsage(redis, batch(1, { records: [record] }));
    const entries = await redis.xrange(keys.requests, '-', '+');
    expect(entries.map(([, [, json]]) => JSON.parse(json ?? '').id)).toEqual([
      'zephyr_1',
      'zephyr_2',
    ]);
  });
});

it('offers its scripts again where the first reply came too late', async () => {
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

describe('what is in Redis and cannot be ours', () => {
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
    const read = rowsOf([...hash, ...good], 0);
    expect([read.rows.length, read.refused]).toEqual([1, 1]);
  });

  it('is not read where it is too large', async () => {
    await redis.hset(keys.usageDay('2026-11-28'), 'ann\ttokyo\topus', 'x'.repeat(9 * 1024 * 1024));
    await recordUsage(redis, batch(1, { rows: [row({ fromAtMs: NOW + 24 * HOUR_MS })] }));
    const read = await readUsage(redis, { ...ALL, untilAtMs: NOW + 48 * HOUR_MS, unit: 'day' });
    expect([read.rows.length, read.refused]).toEqual([1, 1]);
  });

  it('does not stop the counting', async () => {
    await redis.hset(keys.usageDay('2026-11-28'), 'ann\ttokyo\topus', 'x y');
    await recordUsage(redis, batch(1));
    expect(await requestsIn('day')).toEqual(['ann 1']);
  });
});
