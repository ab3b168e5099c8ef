import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  advanceClass,
  type ClassTrack,
  errorMs,
  LIVE_LATENCY_NUMBERS,
  levelMs,
  typicalMs,
} from './live-latency.ts';

const policy = LIVE_LATENCY_NUMBERS;
const NOW_MS = 1_000_000;
const track: ClassTrack = {
  ...{ logMs: 5, variance: 0.04, spread: 0.4, requests: 10, weight: 8, atMs: epochMs(NOW_MS) },
  ...{ formerLogMs: 5.5, gapMs: 80, gapErrorMs: 10, isOutdone: true },
};
/** Logarithms, because the mean is one of logarithms. */
const after = (
  sinceMs: number,
  logs: readonly number[],
  { from = track, isDoubted = false }: { from?: ClassTrack; isDoubted?: boolean } = {},
) =>
  advanceClass(from, {
    timesMs: logs.map(Math.exp),
    ...{ isDoubted, epochMs: epochMs(NOW_MS + sinceMs), policy },
  });

describe('the first requests of a class', () => {
  it('are its mean; the spread is a prior', () => {
    const first = advanceClass(undefined, {
      timesMs: [Math.exp(4), Math.exp(6)],
      ...{ isDoubted: false, epochMs: epochMs(NOW_MS), policy },
    });
    expect(first).toEqual({
      ...{ logMs: 5, formerLogMs: 5, spread: 0.4, variance: expect.closeTo(0.08) },
      ...{ requests: 2, weight: 2, atMs: NOW_MS, gapMs: 0, gapErrorMs: 0, isOutdone: false },
    });
  });

  it('count times below a millisecond as one', () => {
    const about = { isDoubted: false, epochMs: epochMs(NOW_MS), policy };
    expect(advanceClass(undefined, { ...about, timesMs: [0] }).logMs).toBe(0);
    expect(typicalMs([0, 0])).toBe(1);
  });

  it('start again after a long time; half of the excess is remembered', () => {
    const again = after(policy.restartMs + 1, [7], { from: { ...track, spread: 0.3 } });
    expect(again).toMatchObject({ logMs: 7, formerLogMs: 7, spread: 0.3, requests: 1, weight: 1 });
    expect(again).toMatchObject({ gapMs: 40, gapErrorMs: 5, isOutdone: false });
    expect(again.variance).toBeCloseTo(0.09);
    expect(after(policy.restartMs, [7]).requests).toBe(11);
  });

  it('start again if the memory is doubted, but keep counting', () => {
    expect(after(1_000, [7, 7], { isDoubted: true })).toMatchObject({
      ...{ logMs: 7, requests: 12, weight: 2, gapMs: 40 },
    });
  });
});

describe('the mean', () => {
  it('moves according to the elapsed time, and is less certain by the spread', () => {
    const next = after(5_000, [5.5], { from: { ...track, requests: 1_000 } });
    // A half-life has passed, but one request has at most a fifth.
    expect(next.logMs).toBeCloseTo(5.1);
    const spread = 0.4 + 0.05 * (0.5 * 1.2533 - 0.4);
    expect(next.spread).toBeCloseTo(spread);
    expect(next.variance).toBeCloseTo(0.64 * 0.04 + 0.04 * spread ** 2);
    expect(next.requests).toBe(1_001);
    expect(next.weight).toBeCloseTo(8 * 2 ** (-5_000 / 60_000) + 1);
    expect(next.formerLogMs).toBeCloseTo(5.1 + 0.4 * 2 ** (-5_000 / 30_000));
    expect([next.atMs, next.gapMs, next.gapErrorMs]).toEqual([NOW_MS + 5_000, 80, 10]);
  });

  it('moves less in less time, and more with several requests', () => {
    const many = { from: { ...track, requests: 1_000 } };
    expect(after(1_000, [5.5], many).logMs).toBeCloseTo(5 + 0.5 * (1 - 2 ** -0.2));
    expect(after(60_000, [5.5, 5.5, 5.5], many).logMs).toBeCloseTo(5 + 0.5 * (1 - 0.8 ** 3));
  });

  it('moves by the share of the requests while there are few', () => {
    expect(after(0, [5.5], { from: { ...track, requests: 1 } }).logMs).toBeCloseTo(5.25);
    expect(after(0, [5.5, 5.5], { from: { ...track, requests: 2 } }).logMs).toBeCloseTo(5.25);
  });

  it('limits an outlier to a factor of e, both ways', () => {
    const few = { from: { ...track, requests: 1 } };
    expect(after(0, [9], few).logMs).toBeCloseTo(5.5);
    expect(after(0, [0], few).logMs).toBeCloseTo(4.5);
  });

  it('never assumes a spread below a tenth', () => {
    const calm = { from: { ...track, spread: 0.1 } };
    expect(after(0, [5, 5, 5], calm).spread).toBe(0.1);
    expect(after(0, [5, 5, 5]).spread).toBeCloseTo(0.4 * 0.95 ** 3);
  });
});

describe('an endpoint that was outdone', () => {
  it.each([
    ['while it becomes faster', 4.4, true],
    ['until that has ended', 4.5, false],
    ['until it is slow again', 6, false],
  ])('is so %s', (_, log, isOutdone) => {
    expect(after(1_000, [log]).isOutdone).toBe(isOutdone);
    expect(after(1_000, [log], { from: { ...track, isOutdone: false } }).isOutdone).toBe(false);
  });
});

describe('times of a track', () => {
  it('are not logarithms', () => {
    expect(levelMs(track)).toBeCloseTo(Math.exp(5));
    expect(errorMs(track)).toBeCloseTo(Math.exp(5) * 0.2);
    expect(typicalMs([100, 400])).toBeCloseTo(200);
  });
});
