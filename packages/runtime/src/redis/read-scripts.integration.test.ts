/** The scripts that read with bounds, so that another writer never decides how much memory a reader needs. */
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { loadScript, runScript } from './script.ts';

const { redis } = await redisOfFile();

const SCRIPTS = {
  'read-stream': loadScript('read-stream'),
  'read-last': loadScript('read-last'),
  'read-presences': loadScript('read-presences'),
  'read-own-usage': loadScript('read-own-usage'),
};

const call = (
  name: keyof typeof SCRIPTS,
  keys: readonly string[],
  args: readonly (string | number)[],
) => runScript(redis, SCRIPTS[name], { keys, args });

/** A field and a value of two characters, with what each takes besides. */
const SMALL_BYTES = 4 + 16 + 2 + 16;
const entry = (id: string, text = '{}') => [id, ['json', text]];
async function fill(...texts: readonly string[]) {
  for (const [index, text] of texts.entries())
    await redis.xadd('s', `${index + 1}-0`, 'json', text);
}

describe('read-stream', () => {
  const read = (after: string, bounds: readonly [number, number, number], then = 'keep') =>
    call('read-stream', ['s'], [after, ...bounds, then]);

  it('reads what follows, at most so many entries or bytes', async () => {
    await fill('{}', '{}', '{}');
    const all = [entry('2-0'), entry('3-0')];
    expect(await read('1-0', [9, 99, 999])).toEqual(['3-0', all, []]);
    expect(await read('0-0', [1, 99, 999])).toEqual(['1-0', [entry('1-0')], []]);
    expect(await read('0-0', [9, 99, SMALL_BYTES])).toEqual(['1-0', [entry('1-0')], []]);
    const two = [entry('1-0'), entry('2-0')];
    expect(await read('0-0', [9, 99, SMALL_BYTES + 1])).toEqual(['2-0', two, []]);
    expect(await read('3-0', [9, 99, 999])).toEqual(['3-0', [], []]);
  });

  it('leaves out what is too large, and deletes it if asked', async () => {
    await fill('{}', '{ }', '{}');
    const large = ['2-0', SMALL_BYTES + 1];
    const others = [entry('1-0'), entry('3-0')];
    const bounds = [9, SMALL_BYTES, 999] as const;
    expect(await read('0-0', bounds)).toEqual(['3-0', others, [large]]);
    expect(await read('1-0', [1, SMALL_BYTES, 999])).toEqual(['2-0', [], [large]]);
    expect(await redis.xlen('s')).toBe(3);
    expect(await read('0-0', bounds, 'delete')).toEqual(['3-0', others, [large]]);
    expect(await redis.xlen('s')).toBe(2);
  });
});

describe('read-last', () => {
  const read = (...bounds: readonly [number, number, number, string?]) =>
    call('read-last', ['s'], [...bounds.slice(0, 3).map(Number), bounds[3] ?? '']);

  it('reads the newest first, at most so many entries or bytes, without what is too large', async () => {
    await fill('{}', '{}', '{ }', '{}');
    const small = [entry('4-0'), entry('2-0'), entry('1-0')];
    expect(await read(9, SMALL_BYTES, 999)).toEqual(small);
    expect(await read(2, SMALL_BYTES, 999)).toEqual(small.slice(0, 2));
    expect(await read(9, SMALL_BYTES, 2 * SMALL_BYTES)).toEqual(small.slice(0, 2));
    expect(await read(9, SMALL_BYTES, 2 * SMALL_BYTES - 1)).toEqual(small.slice(0, 1));
    expect(await read(9, SMALL_BYTES, 999, '2-0')).toEqual(small.slice(2));
  });
});

describe('read-presences', () => {
  const read = (most = 5, together = 99) =>
    call('read-presences', ['a', 'none', 'b'], [most, 60_000, together]);

  it('reads records, and deletes those that are too large', async () => {
    await redis.set('a', '12345');
    await redis.set('b', '123456');
    expect(await read()).toEqual(['12345', '', 6]);
    expect(await redis.exists('b')).toBe(0);
  });

  it('has room for so many bytes', async () => {
    await redis.set('a', '12345');
    await redis.set('b', '12345');
    expect(await read(5, 10)).toEqual(['12345', '', '12345']);
    expect(await read(5, 9)).toEqual(['12345', '', 0]);
  });

  it('shortens a life that is too long, and no other', async () => {
    await redis.set('a', '1');
    await redis.set('b', '1', 'PX', 900_000);
    await read();
    for (const key of ['a', 'b']) {
      expect(await redis.pttl(key)).toBeGreaterThan(30_000);
      expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
    }
    await redis.set('a', '1', 'PX', 20_000);
    await read();
    expect(await redis.pttl('a')).toBeLessThanOrEqual(20_000);
  });
});

describe('read-own-usage', () => {
  it('reads the rows of one person, unless the hash is too large', async () => {
    await redis.hset('day', 'ann\te\tm', '1', 'anna\te\tm', '2', 'ann\te\tn', '3');
    const own = ['ann\te\tm', '1', 'ann\te\tn', '3'];
    expect(await call('read-own-usage', ['day'], ['ann', 3])).toEqual(own);
    expect(await call('read-own-usage', ['day'], ['ann', 2])).toEqual([]);
  });
});
