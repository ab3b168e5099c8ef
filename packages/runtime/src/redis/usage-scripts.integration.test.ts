/** The scripts of the ledger with small bounds: what does not fit, what expires, what is not ours. */
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { loadScript, runScript } from './script.ts';

const { redis } = await redisOfFile();

const SCRIPTS = {
  'record-usage': loadScript('record-usage'),
  'bound-streams': loadScript('bound-streams'),
  'bound-usage': loadScript('bound-usage'),
  'make-spent': loadScript('make-spent'),
  'share-limits': loadScript('share-limits'),
};

const call = (
  name: keyof typeof SCRIPTS,
  keys: readonly string[],
  args: readonly (string | number)[],
) => runScript(redis, SCRIPTS[name], { keys, args });
const MAX_COUNT = String(Number.MAX_SAFE_INTEGER);

describe('record-usage', () => {
  interface Part {
    readonly part?: number;
    readonly rows?: readonly (readonly [field: string, counts: string])[];
    readonly costs?: readonly (readonly [person: string, cost: number])[];
    readonly named?: number;
    readonly all?: number;
    readonly people?: number;
  }

  /** Into an hour and a day, with one total. */
  async function record({ part = 1, rows = [], costs = [], ...bounds }: Part) {
    const { named = 1, all = 2, people = 1 } = bounds;
    const hashes = [60_000, named, all, 90_000, named, all];
    return await call(
      'record-usage',
      ['written', 'requests', 'hour', 'day', 'total'],
      [
        ...[part, 30_000, '\tother\tother', 10, 2 * rows.length, 1, costs.length, 'other', people],
        ...hashes,
        ...rows.flatMap((row) => [3, ...row, 4, ...row]),
        ...costs.flatMap((cost) => [5, ...cost]),
        '{}',
      ],
    );
  }

  it('adds what does not fit to the person’s rest, and then to the rest of all', async () => {
    await redis.hset('total', 'ann', 5);
    for (const part of [1, 2]) {
      const rows = ['a\te\tm', 'a\te\tn', 'b\te\tm'].map((field) => [field, '1 2'] as const);
      expect(await record({ part, rows })).toBe('written');
    }
    const folded = {
      ...{ 'a\te\tm': '2 4', 'a\tother\tother': '2 4', 'other\tother\tother': '2 4' },
    };
    expect(await redis.hgetall('hour')).toEqual(folded);
    expect(await redis.hgetall('day')).toEqual(folded);
  });

  it('adds the cost of people who do not fit to the rest', async () => {
    await redis.hset('total', 'ann', 5);
    for (const part of [1, 2])
      await record({
        part,
        costs: [
          ['ann', 1],
          ['bob', 3],
        ],
      });
    expect(await redis.hgetall('total')).toEqual({ ann: '7', other: '6' });
  });

  it('has no sum that is not exact', async () => {
    await redis.hset('total', 'ann', 5);
    await record({ rows: [['a\te\tm', `${MAX_COUNT} 1`]] });
    await record({ part: 2, rows: [['a\te\tm', '5 1']] });
    expect(await redis.hget('hour', 'a\te\tm')).toBe(`${MAX_COUNT} 2`);
  });

  it('expires, each hash in its time', async () => {
    await redis.hset('total', 'ann', 5);
    await record({ rows: [['a\te\tm', '1']] });
    for (const [key, lifeMs] of [
      ['written', 30_000],
      ['hour', 60_000],
      ['day', 90_000],
    ] as const) {
      const leftMs = await redis.pttl(key);
      expect(leftMs).toBeGreaterThan(lifeMs - 20_000);
      expect(leftMs).toBeLessThanOrEqual(lifeMs);
    }
  });

  it('writes nothing if the total is missing, or a hash is something else', async () => {
    const rows = [['a\te\tm', '1']] as const;
    expect(await record({ rows })).toBe('no_totals');
    await redis.hset('total', 'ann', 5);
    for (const key of ['hour', 'day']) {
      await redis.set(key, 'text');
      await expect(record({ rows })).rejects.toThrow('WRONGTYPE');
      await redis.del(key);
      expect(await redis.exists('written', 'requests', 'hour', 'day')).toBe(0);
    }
  });
});

describe('bound-streams', () => {
  const bytesOf = async (key: string) => Number(await redis.memory('USAGE', key, 'SAMPLES', 0));

  it('trims the older half of a stream that takes more than its bound', async () => {
    for (let n = 0; n < 5; n += 1) {
      for (const key of ['small', 'large']) await redis.xadd(key, `${n + 1}-0`, 'json', '{}');
    }
    const bytes = await bytesOf('small');
    expect(await call('bound-streams', ['small', 'none'], [bytes, 1])).toBe(0);
    expect(await call('bound-streams', ['small', 'large'], [bytes, 1])).toBe(3);
    expect(await redis.xlen('small')).toBe(5);
    expect((await redis.xrange('large', '-', '+')).map(([id]) => id)).toEqual(['4-0', '5-0']);
  });
});

describe('bound-usage', () => {
  const bound = (most: number) =>
    call('bound-usage', ['incomplete', 'new', 'middle', 'old'], [most, 2, 60_000, 1_000, 100]);
  async function fill(...keys: readonly string[]) {
    for (const key of keys) await redis.hset(key, 'a', '1', 'b', '1');
  }

  it('removes the oldest while there are too many rows, and remembers until when', async () => {
    await fill('new', 'middle', 'old');
    expect(await bound(6)).toBe(0);
    expect(await redis.exists('incomplete')).toBe(0);
    expect(await bound(4)).toBe(1);
    expect(await redis.exists('new', 'middle')).toBe(2);
    expect(await redis.get('incomplete')).toBe('800');
    expect(await redis.pttl('incomplete')).toBeGreaterThan(40_000);
    await fill('old');
    expect(await bound(1)).toBe(3);
    expect(await redis.get('incomplete')).toBe('1000');
    await fill('old');
    await redis.hset('new', 'a', '1');
    expect(await bound(2)).toBe(1);
    expect(await redis.get('incomplete')).toBe('1000');
  });

  it('counts nothing that is not ours', async () => {
    await fill('middle', 'old');
    await redis.hset('new', 'a', '1', 'b', '1', 'c', '1');
    expect(await bound(4)).toBe(0);
    await redis.set('new', 'text');
    expect(await bound(4)).toBe(0);
  });
});

describe('make-spent', () => {
  const make = (people = 9, fields = 2) =>
    call('make-spent', ['total', 'monday', 'tuesday'], [60_000, fields, people, 'other', 1]);

  it('sums up what people cost, of those who do not fit as the rest', async () => {
    await redis.hset('monday', 'a\te\tm', '1 7 9', 'b\te\tm', '1 5 9');
    await redis.hset('tuesday', 'a\te\tm', '1 7', 'b\te\tm', '1 5');
    expect(await make()).toBe('made');
    expect(await redis.hgetall('total')).toEqual({ a: '14', b: '10', other: '0' });
    expect(await redis.pttl('total')).toBeGreaterThan(40_000);
    expect(await make()).toBe('known');
    await redis.del('total', 'tuesday');
    await redis.hset('tuesday', 'b\te\tm', `1 ${MAX_COUNT}`);
    await make();
    expect(await redis.hget('total', 'b')).toBe(MAX_COUNT);
  });

  it('has no more people than allowed, besides the rest', async () => {
    await redis.hset('monday', 'a\te\tm', '1 7');
    await redis.hset('tuesday', 'a\te\tm', '1 7', 'b\te\tm', '1 5');
    await make(1);
    expect(await redis.hgetall('total')).toEqual({ a: '14', other: '5' });
    await redis.del('total');
    await make(2);
    expect(await redis.hgetall('total')).toEqual({ a: '14', b: '5', other: '0' });
  });

  it('leaves out a day that is too large, and rows that are not ours', async () => {
    await redis.hset('monday', 'a\te\tm', '1 7', 'b\te\tm', '1 7', 'c\te\tm', '1 7');
    await redis.hset('tuesday', 'nobody', '1 5', 'b\te\tm', 'x');
    await make();
    expect(await redis.hgetall('total')).toEqual({ other: '0' });
  });
});

describe('share-limits', () => {
  const KEYS = ['grants', 'd', 'w', 'm', 'minute', 'even', 'odd', 'share'];
  type LetIn = readonly [person: string, requests: number | string, tokens: number, active: number];
  const share = (people: readonly LetIn[], spanMs = 50_000, share = 'share') =>
    call(
      'share-limits',
      [...KEYS.slice(0, -1), share],
      [2, 60_000, spanMs, 30_000, ...people.flat()],
    );
  const nothing = ['', ['', '', ''], '', ['', '']];

  it('expires what proxies share: the minute, their reports, and a span when its turn is over', async () => {
    await share([['ann', 1, 2, 1]]);
    expect(await redis.hgetall('minute')).toEqual({ ann: '1 2' });
    for (const key of ['minute', 'share']) {
      expect(await redis.pttl(key)).toBeGreaterThan(10_000);
      expect(await redis.pttl(key)).toBeLessThanOrEqual(30_000);
    }
    const span = (await redis.exists('even')) === 1 ? 'even' : 'odd';
    expect(await redis.hgetall(span)).toEqual({ ann: '1' });
    const leftMs = await redis.pttl(span);
    expect(leftMs).toBeGreaterThan(30_000);
    expect(leftMs).toBeLessThan(100_000);
  });

  it('alternates between two spans, and moves what is still active to the present one', async () => {
    const [seconds] = await redis.time();
    const nowMs = 1_000 * Number(seconds);
    // The first span since 1970, and then the second.
    await redis.hset('odd', 'bob', '2');
    expect(await share([['ann', 0, 0, 3]], 2 * nowMs)).toEqual([
      ...['', ['', '', ''], '', ['["ann","3"]', '["bob","2"]']],
    ]);
    await share([['ann', 0, 0, 4]], Math.floor(0.6 * nowMs));
    expect(await redis.hgetall('even')).toEqual({ ann: '0' });
    expect(await redis.hgetall('odd')).toEqual({ ann: '4', bob: '2' });
  });

  it('writes nothing for people who did nothing', async () => {
    expect(await share([['ann', 0, 0, 0]])).toEqual(nothing);
    await share([
      ['ann', 1, 0, 0],
      ['bob', 0, 1, 0],
    ]);
    expect(await redis.hgetall('minute')).toEqual({ ann: '1 0', bob: '0 1' });
  });

  it('has no sum that is not exact, or below zero', async () => {
    await share([['ann', MAX_COUNT, 3, 0]]);
    await share([['ann', 5, 1, 0]], 50_000, 'other share');
    expect(await redis.hget('minute', 'ann')).toBe(`${MAX_COUNT} 4`);
    await redis.hset('minute', 'ann', '1 1');
    await share([['ann', 0, 0, 0]], 50_000, 'other share');
    expect(await redis.hget('minute', 'ann')).toBe('0 0');
  });

  it('reads grants and totals, unless they are too large', async () => {
    await redis.set('grants', '[]');
    await redis.hset('d', 'ann', '1', 'bob', '2');
    await redis.hset('w', 'ann', '1', 'bob', '2', 'eve', '3');
    expect(await share([])).toEqual(['[]', ['["ann","1","bob","2"]', '', ''], '', ['', '']]);
  });
});
