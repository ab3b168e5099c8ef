import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { FirstByteTimes } from './first-byte-times.ts';

const A = endpointId('a');
const LIMITS = { unusualMs: 45_000, ceilingMs: 120_000, readingMs: 8_000 };
const MEDIUM = { requestClass: 'opus/m', isCached: true };

function learned(times: readonly number[]): number {
  const known = new FirstByteTimes();
  for (const ms of times) known.note(A, MEDIUM, ms);
  return known.limitMs(A, MEDIUM, LIMITS);
}

describe('FirstByteTimes', () => {
  it.each([
    ['nothing is usual yet', [], 45_000],
    ['three answers are not enough', [100, 100, 100], 45_000],
    ['quick answers: the least wait', [100, 200, 100, 150], 5_000],
    ['three times what is usual', [4_000, 4_000, 3_000, 4_000], 12_000],
    ['one slow answer is not usual', [100, 100, 100, 60_000], 5_000],
    ['heads that are always late are waited for', [35_000, 35_000, 35_000, 35_000], 105_000],
    ['never longer than allowed', [90_000, 90_000, 90_000, 90_000], 120_000],
    ['old times are forgotten', [...Array(16).fill(30_000), ...Array(16).fill(100)], 5_000],
  ])('%s', (_name, times, limitMs) => {
    expect(learned(times)).toBe(limitMs);
  });

  it('keeps classes and endpoints apart, and forgets an endpoint that has changed', () => {
    const known = new FirstByteTimes();
    for (let index = 0; index < 4; index += 1) known.note(A, MEDIUM, 100);
    expect(known.limitMs(A, { ...MEDIUM, requestClass: 'opus/l' }, LIMITS)).toBe(45_000);
    expect(known.limitMs(endpointId('b'), MEDIUM, LIMITS)).toBe(45_000);
    known.forget(A);
    expect(known.limitMs(A, MEDIUM, LIMITS)).toBe(45_000);
  });

  it('forgets the times of the endpoint that has changed, and no others', () => {
    const known = new FirstByteTimes();
    const other = endpointId('ab');
    for (let index = 0; index < 4; index += 1) {
      known.note(A, MEDIUM, 100);
      known.note(other, MEDIUM, 100);
    }
    known.forget(A);
    expect(known.limitMs(other, MEDIUM, LIMITS)).toBe(5_000);
  });

  it('forgets the class that was used least recently when there are too many', () => {
    const known = new FirstByteTimes();
    const learn = (requestClass: string) => {
      for (let index = 0; index < 4; index += 1) known.note(A, { requestClass, isCached: true }, 1);
    };
    const isKnown = (requestClass: string) =>
      known.limitMs(A, { requestClass, isCached: true }, LIMITS) === 5_000;
    for (let index = 0; index < 4_096; index += 1) learn(`class ${index}`);
    expect(isKnown('class 0')).toBe(true);
    learn('class 0');
    learn('one more');
    expect(['class 0', 'class 1', 'class 2'].map(isKnown)).toEqual([true, false, true]);
  });

  it('takes the second slowest, in whatever order they came', () => {
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

  it('gives a prompt that has to be read the time for it, until that is usual too', () => {
    const known = new FirstByteTimes();
    const fresh = { ...MEDIUM, isCached: false };
    for (let index = 0; index < 4; index += 1) known.note(A, MEDIUM, 1_700);
    expect(known.limitMs(A, fresh, LIMITS)).toBe(13_100);
    for (let index = 0; index < 4; index += 1) known.note(A, fresh, 9_000);
    expect(known.limitMs(A, fresh, LIMITS)).toBe(27_000);
    expect(known.limitMs(A, MEDIUM, LIMITS)).toBe(5_100);
  });

  it('says what is typical: the middle of the times, whatever came last', () => {
    const known = new FirstByteTimes();
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

  it('takes what is typical of the other kind, and of a family from its other sizes', () => {
    const known = new FirstByteTimes();
    const fresh = { ...MEDIUM, isCached: false };
    const learn = (of: typeof MEDIUM, ms: number) => {
      for (let index = 0; index < 4; index += 1) known.note(A, of, ms);
    };
    learn({ ...fresh, requestClass: 'opus/xl' }, 40_000);
    learn({ ...fresh, requestClass: 'opus/l' }, 30_000);
    expect([known.typicalMs(A, fresh), known.familyMs(A, fresh)]).toEqual([undefined, 30_000]);
    learn({ ...MEDIUM, requestClass: 'opus/l' }, 22_000);
    learn({ ...MEDIUM, requestClass: 'opus/s' }, 21_000);
    expect(known.familyMs(A, fresh)).toBe(22_000);
    learn(MEDIUM, 20_000);
    expect([known.typicalMs(A, fresh), known.familyMs(A, fresh)]).toEqual([20_000, 20_000]);
    learn(fresh, 25_000);
    expect([known.typicalMs(A, fresh), known.familyMs(A, fresh)]).toEqual([25_000, 25_000]);
  });
});
