import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { TtftTimes } from './adaptive-first-byte-timeout.ts';

const A = endpointId('a');
const LIMITS = { unusualMs: 45_000, ceilingMs: 120_000, readingMs: 8_000 };
const MEDIUM = { requestClass: 'opus/m', isCached: true };

function learned(times: readonly number[]): number {
  const known = new TtftTimes();
  for (const ms of times) known.note(A, MEDIUM, ms);
  return known.timeoutMs(A, MEDIUM, LIMITS);
}

describe('TtftTimes', () => {
  it.each([
    ['the usual time is unknown', [], 45_000],
    ['three answers are not enough', [100, 100, 100], 45_000],
    ['fast answers: the minimum wait', [100, 200, 100, 150], 5_000],
    ['three times the usual time', [4_000, 4_000, 3_000, 4_000], 12_000],
    ['one slow answer is not usual', [100, 100, 100, 60_000], 5_000],
    ['heads that are always late are waited for', [35_000, 35_000, 35_000, 35_000], 105_000],
    ['at most the ceiling', [90_000, 90_000, 90_000, 90_000], 120_000],
    ['old times are forgotten', [...Array(16).fill(30_000), ...Array(16).fill(100)], 5_000],
  ])('%s', (_name, times, timeoutMs) => {
    expect(learned(times)).toBe(timeoutMs);
  });

  it('keeps classes and endpoints apart, and forgets a changed endpoint', () => {
    const known = new TtftTimes();
    for (let index = 0; index < 4; index += 1) known.note(A, MEDIUM, 100);
    expect(known.timeoutMs(A, { ...MEDIUM, requestClass: 'opus/l' }, LIMITS)).toBe(45_000);
    expect(known.timeoutMs(endpointId('b'), MEDIUM, LIMITS)).toBe(45_000);
    known.forget(A);
    expect(known.timeoutMs(A, MEDIUM, LIMITS)).toBe(45_000);
  });

  it('forgets the times of the changed endpoint, and no others', () => {
    const known = new TtftTimes();
    const other = endpointId('ab');
    for (let index = 0; index < 4; index += 1) {
      known.note(A, MEDIUM, 100);
      known.note(other, MEDIUM, 100);
    }
    known.forget(A);
    expect(known.timeoutMs(other, MEDIUM, LIMITS)).toBe(5_000);
  });

  it('evicts the least recently used class when there are too many', () => {
    const known = new TtftTimes();
    const learn = (requestClass: string) => {
      for (let index = 0; index < 4; index += 1) known.note(A, { requestClass, isCached: true }, 1);
    };
    const isKnown = (requestClass: string) =>
      known.timeoutMs(A, { requestClass, isCached: true }, LIMITS) === 5_000;
    for (let index = 0; index < 4_096; index += 1) learn(`class ${index}`);
    expect(isKnown('class 0')).toBe(true);
    learn('class 0');
    learn('one more');
    expect(['class 0', 'class 1', 'class 2'].map(isKnown)).toEqual([true, false, true]);
  });

  it('takes the second slowest, whatever their order', () => {
    for (const times of [
      [9_000, 3_000, 2_000, 1_000],
      [1_000, 2_000, 3_000, 9_000],
      [3_000, 9_000, 1_000, 2_000],
      [9_000, 1_000, 3_000, 2_000],
    ]) {
      expect(learned(times)).toBe(9_000);
    }
    expect(learned([...Array(14).fill(100), 20_000, 20_000])).toBe(60_000);
    expect(learned([20_000, 20_000, ...Array(14).fill(100)])).toBe(60_000);
    expect(learned([20_000, 20_000, ...Array(15).fill(100)])).toBe(5_000);
  });

  it('adds the time to read an uncached prompt, until that is known too', () => {
    const known = new TtftTimes();
    const fresh = { ...MEDIUM, isCached: false };
    for (let index = 0; index < 4; index += 1) known.note(A, MEDIUM, 1_700);
    expect(known.timeoutMs(A, fresh, LIMITS)).toBe(13_100);
    for (let index = 0; index < 4; index += 1) known.note(A, fresh, 9_000);
    expect(known.timeoutMs(A, fresh, LIMITS)).toBe(27_000);
    expect(known.timeoutMs(A, MEDIUM, LIMITS)).toBe(5_100);
  });

  it('returns the typical time: the median, whatever came last', () => {
    const known = new TtftTimes();
    const typicalMs = () => known.typicalMs(A, MEDIUM);
    for (const ms of [9_000, 1_000, 60_000]) known.note(A, MEDIUM, ms);
    expect(typicalMs()).toBeUndefined();
    known.note(A, MEDIUM, 2_000);
    expect(typicalMs()).toBe(9_000);
    known.note(A, MEDIUM, 10_000);
    expect(typicalMs()).toBe(9_000);
    for (const ms of [500, 400]) known.note(A, MEDIUM, ms);
    expect(typicalMs()).toBe(2_000);
  });

  it('falls back to the typical time of the other kind, and of a family’s other sizes', () => {
    const known = new TtftTimes();
    const fresh = { ...MEDIUM, isCached: false };
    const learn = (of: typeof MEDIUM, ms: number) => {
      for (let index = 0; index < 4; index += 1) known.note(A, of, ms);
    };
    learn({ ...fresh, requestClass: 'opus/xl' }, 40_000);
    learn({ ...fresh, requestClass: 'opus/l' }, 30_000);
    expect([known.typicalMs(A, fresh), known.modelFamilyMs(A, fresh)]).toEqual([undefined, 30_000]);
    learn({ ...MEDIUM, requestClass: 'opus/l' }, 22_000);
    learn({ ...MEDIUM, requestClass: 'opus/s' }, 21_000);
    expect(known.modelFamilyMs(A, fresh)).toBe(22_000);
    learn(MEDIUM, 20_000);
    expect([known.typicalMs(A, fresh), known.modelFamilyMs(A, fresh)]).toEqual([20_000, 20_000]);
    learn(fresh, 25_000);
    expect([known.typicalMs(A, fresh), known.modelFamilyMs(A, fresh)]).toEqual([25_000, 25_000]);
  });
});
