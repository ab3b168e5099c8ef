import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import { type ClassMix, poolOf, type Reference, typicalTimes } from './class-mix.ts';

const QUICK = 'haiku/s/cached';
const LONG = 'opus/xl/cached';
const NOW_MS = 9_000_000;
const of = (factor: number, requests = 999) => ({
  ...{ log: Math.log(factor), requests, atMs: epochMs(NOW_MS) },
});
/** One class takes a quarter of what is typical, the other four times as long. */
const KNOWN: ClassMix = { classes: { [QUICK]: of(1 / 4), [LONG]: of(4) }, typical: of(1) };
const here = (ms: number): Reference => ({ log: Math.log(ms), isCurrent: true });
const take = (
  mix: ClassMix | undefined,
  samples: readonly (readonly [string, number])[],
  { reference, ms = 0 }: { reference?: Reference; ms?: number } = {},
) =>
  typicalTimes(
    mix,
    samples.map(([name, took]) => ({ class: name, ms: took })),
    { reference, nowMs: epochMs(NOW_MS + ms) },
  );
/** Reports of one request each, a second after the other. */
const takeOften = (mix: ClassMix, count: number, reference: Reference, took: [number, number]) => {
  let next = mix;
  for (let second = 1; second <= count; second += 1) {
    const sample = second % 2 === 0 ? ([LONG, took[1]] as const) : ([QUICK, took[0]] as const);
    next = take(next, [sample], { reference, ms: second * 1_000 }).mix;
  }
  return next;
};
const offsetOf = (mix: ClassMix, name: string) =>
  Math.exp((mix.classes[name]?.log ?? Number.NaN) - mix.typical.log);

describe('poolOf', () => {
  it('keeps what is read from the cache apart', () => {
    expect([poolOf(QUICK), poolOf('haiku/s/fresh')]).toEqual(['cached', 'fresh']);
  });
});

describe('typicalTimes', () => {
  it('are those of a typical request', () => {
    const both = [
      [QUICK, 250],
      [LONG, 4_000],
    ] as const;
    const { timesMs } = take(KNOWN, both, { reference: here(1_000) });
    expect(timesMs[0]).toBeCloseTo(1_000);
    expect(timesMs[1]).toBeCloseTo(1_000);
  });

  it('are of the first class of all as they are', () => {
    const { timesMs, mix } = take(undefined, [
      [LONG, 700],
      [LONG, 800],
    ]);
    expect(timesMs[0]).toBeCloseTo(700);
    expect(timesMs[1]).toBeCloseTo(800);
    expect(Object.keys(mix.classes)).toEqual([LONG]);
  });

  it('take the first request of another class for what the class takes, not the endpoint', () => {
    const about = { reference: here(1_000) };
    const { timesMs, mix } = take(KNOWN, [['other/s/cached', 3_000]], about);
    expect(timesMs).toEqual([]);
    expect(offsetOf(mix, 'other/s/cached')).toBeCloseTo(3, 1);
    expect(take(mix, [['other/s/cached', 3_000]], about).timesMs[0]).toBeCloseTo(1_000, -1);
  });

  it('do not take a class for slow because its endpoint is', () => {
    const mix = takeOften(KNOWN, 600, here(10_000), [2_500, 40_000]);
    expect(offsetOf(mix, LONG) / offsetOf(mix, QUICK)).toBeCloseTo(16);
  });

  it('follow what a class takes, slowly, however often it is asked', () => {
    const often = takeOften(KNOWN, 300, here(1_000), [250, 8_000]);
    const ratio = offsetOf(often, LONG) / offsetOf(often, QUICK);
    expect(ratio).toBeGreaterThan(17);
    expect(ratio).toBeLessThan(20);
    const later = takeOften(KNOWN, 4 * 3_600, here(1_000), [250, 8_000]);
    expect(offsetOf(later, LONG) / offsetOf(later, QUICK)).toBeGreaterThan(30);
  });

  it('learn nothing where another endpoint is all that is known', () => {
    const reference = { log: Math.log(1_000), isCurrent: false };
    const { mix, timesMs } = take(KNOWN, [[LONG, 8_000]], { reference });
    expect(mix.classes[LONG]).toEqual(KNOWN.classes[LONG]);
    expect(timesMs[0]).toBeCloseTo(2_000);
  });

  it('count one request for no more than a factor of e', () => {
    const about = { reference: here(1_000), ms: 60_000 };
    expect(take(KNOWN, [[LONG, 4e9]], about).mix).toEqual(
      take(KNOWN, [[LONG, 4_000 * Math.E]], about).mix,
    );
    expect(take(KNOWN, [[LONG, 1]], about).mix).toEqual(
      take(KNOWN, [[LONG, 4_000 / Math.E]], about).mix,
    );
  });

  it('take no time below a millisecond for less', () => {
    expect(take(undefined, [[LONG, 0]]).timesMs).toEqual([1]);
  });
});
