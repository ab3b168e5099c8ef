import { RATE_LIMIT_KINDS, type RateLimitReports } from '@zephyr/contract/route/rate-limit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { assess } from '../decide/assess/assessment.ts';
import { A, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import {
  currentRateLimits,
  limitCostMs,
  NO_RATE_LIMITS,
  RATE_LIMIT_NUMBERS,
  withRateLimits,
} from './rate-limit-headroom.ts';

const policy = RATE_LIMIT_NUMBERS;
const { lowShare, maxWaitMs, soonMs } = policy;
const SECOND = 1_000;
const MINUTE = 60_000;
const of = (remainingShare: number, resetsInMs = MINUTE): RateLimitReports => ({
  requests: { remainingShare, resetsInMs },
});
const cost = (reports: RateLimitReports, atMs = 0) =>
  limitCostMs(withRateLimits(NO_RATE_LIMITS, reports, epochMs(0)), epochMs(atMs), policy);

describe('limitCostMs', () => {
  it.each([
    { name: 'without a limit', reports: {}, atMs: 0, ms: 0 },
    { name: 'with room', reports: of(lowShare), atMs: 0, ms: 0 },
    { name: 'half of the last share gone', reports: of(lowShare / 2), atMs: 0, ms: maxWaitMs / 2 },
    { name: 'used up', reports: of(0), atMs: 0, ms: maxWaitMs },
    { name: 'used up, reset soon', reports: of(0, soonMs - 1), atMs: 0, ms: 0 },
    { name: 'used up, reset just not soon', reports: of(0, soonMs), atMs: 0, ms: soonMs },
    { name: 'used up, reset soon by now', reports: of(0), atMs: MINUTE - soonMs + 1, ms: 0 },
    { name: 'used up, reset since', reports: of(0), atMs: MINUTE, ms: 0 },
    {
      name: 'the nearest of several counts',
      reports: { ...of(1), 'unified-7d': { remainingShare: 0, resetsInMs: MINUTE } },
      ...{ atMs: 0, ms: maxWaitMs },
    },
  ])('$name: $ms', ({ reports, atMs, ms }) => {
    expect(cost(reports, atMs)).toBe(ms);
  });

  it('uses the newest report of a kind', () => {
    const first = withRateLimits(NO_RATE_LIMITS, of(0), epochMs(0));
    const later = withRateLimits(first, of(1), epochMs(SECOND));
    expect(limitCostMs(later, epochMs(SECOND), policy)).toBe(0);
    expect(withRateLimits(first, undefined, epochMs(SECOND))).toBe(first);
    expect(currentRateLimits(later, epochMs(2 * MINUTE))).toEqual([]);
  });
});

describe('currentRateLimits', () => {
  it('has what was reported until the reset', () => {
    const reported = { remainingShare: 0.5, remaining: 50, limit: 100, resetsInMs: MINUTE };
    const limits = withRateLimits(NO_RATE_LIMITS, { requests: reported }, epochMs(SECOND));
    expect(currentRateLimits(limits, epochMs(MINUTE))).toEqual([
      ['requests', { remainingShare: 0.5, remaining: 50, limit: 100, resetsAtMs: SECOND + MINUTE }],
    ]);
    expect(currentRateLimits(limits, epochMs(SECOND + MINUTE))).toEqual([]);
    const share = withRateLimits(NO_RATE_LIMITS, of(0.5), epochMs(0)).requests;
    expect(share).toMatchObject({ remaining: null, limit: null });
  });
});

describe('a limit that is nearly used up', () => {
  /** A gets requests, and its limits are reported every second. */
  function use(story: Scenario, seconds: number, reports: (second: number) => RateLimitReports) {
    for (let second = 0; second < seconds; second += 1) {
      story.pass(SECOND).presence();
      const counts = { succeeded: 1, failed: {}, ttft: [], rateLimits: reports(second) };
      story.receive({
        kind: 'outcomes',
        batch: { proxyId: 'p1', endpoints: { [story.active]: counts } },
      });
      if (second % 30 === 0) story.probe(A, 500).probe(story.world.endpoints[1]?.id ?? A, 600);
    }
    return story;
  }
  const settled = () => new Scenario({ alone: [A] }).rounds(5, { a: 500, b: 600 });

  it('moves requests away before it is used up, visibly', () => {
    const story = settled();
    const start = 50;
    let leftAtShare = 0;
    use(story, 50, (second) => {
      const share = Math.max(0, 1 - second / start);
      if (story.active === A) leftAtShare = share;
      return story.active === A ? of(share, 5 * MINUTE) : of(1);
    });
    expect(story.active).not.toBe(A);
    expect(leftAtShare).toBeGreaterThan(0);
    const considered = story.decisions.at(-1)?.considered.find(({ id }) => id === A)?.score;
    expect(considered).toMatchObject({ status: 'known', rateLimitMs: expect.any(Number) });
  });

  it('is not returned to before its reset, and then once', () => {
    const story = settled();
    use(story, 15 * 60, () =>
      story.active === A && story.atMs < 8 * MINUTE ? of(0.01, 10 * MINUTE) : of(1),
    );
    const switches = story.decisions.filter(({ phase }) => phase === 'switched');
    expect(switches.map(({ toId }) => toId)).toEqual(['b', 'a']);
    expect((switches[1]?.atMs ?? 0) - (switches[0]?.atMs ?? 0)).toBeGreaterThan(9 * MINUTE);
  });

  it('is no reason to move if no endpoint has headroom', () => {
    const story = settled();
    const low = { succeeded: 1, failed: {}, ttft: [], rateLimits: of(0, 30 * MINUTE) };
    for (let second = 0; second < 300; second += 1) {
      story.pass(SECOND).presence();
      story.receive({ kind: 'outcomes', batch: { proxyId: 'p1', endpoints: { a: low, b: low } } });
      if (second % 30 === 0) story.probe(A, 500).probe(story.world.endpoints[1]?.id ?? A, 600);
    }
    expect(story.story).toEqual([]);
  });

  it('never makes an endpoint unavailable', () => {
    const reports = fc.dictionary(
      fc.constantFrom(...RATE_LIMIT_KINDS),
      fc.record({
        remainingShare: fc.double({ min: 0, max: 1, noNaN: true }),
        resetsInMs: fc.nat(1e9),
      }),
    );
    fc.assert(
      fc.property(reports, reports, (a, b) => {
        const story = settled();
        const counts = (rateLimits: RateLimitReports) => ({
          ...{ succeeded: 1, failed: {}, ttft: [], rateLimits },
        });
        const endpoints = { a: counts(a), b: counts(b) };
        story.receive({ kind: 'outcomes', batch: { proxyId: 'p1', endpoints } });
        const all = assess(story.world, epochMs(story.atMs), story.policy);
        expect(all.map(({ isAvailable }) => isAvailable)).toEqual([true, true]);
      }),
      { numRuns: 30 },
    );
  });
});
