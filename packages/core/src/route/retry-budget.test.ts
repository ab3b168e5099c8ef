import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RetryBudget } from './retry-budget.ts';

const policy = { ratio: 0.1, perSecond: 1 };

const ann = 'ann';

describe('RetryBudget', () => {
  it('lets a quiet proxy retry at most ten times in ten seconds', () => {
    const budget = new RetryBudget(policy);
    const taken = Array.from({ length: 15 }, () => budget.tryTake(5_000, ann));
    expect(taken.filter(Boolean)).toHaveLength(10);
  });

  it('allows a tenth of the traffic on top', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 500; request += 1)
      budget.noteRequest(1_000 + request * 10, ann);
    expect(budget.available(6_500, ann)).toBe(60);
  });

  it('forgets requests and retries after ten seconds', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 100; request += 1) budget.noteRequest(0, ann);
    while (budget.tryTake(500, ann));
    expect(budget.available(9_900, ann)).toBe(0);
    expect(budget.available(10_100, ann)).toBe(10);
  });

  it('is refunded for an answered retry, once, and not in another second', () => {
    const budget = new RetryBudget(policy);
    const refund = budget.tryTake(500, ann);
    expect(budget.available(500, ann)).toBe(9);
    refund?.();
    refund?.();
    expect(budget.available(500, ann)).toBe(10);
    const late = budget.tryTake(500, ann);
    budget.tryTake(10_500, ann);
    late?.();
    expect(budget.available(10_500, ann)).toBe(9);
  });

  it('applies a changed policy and keeps the counts', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 100; request += 1) budget.noteRequest(5_000, ann);
    budget.tryTake(5_000, ann);
    budget.reconfigure({ ratio: 0.5, perSecond: 3 });
    expect(budget.available(5_000, ann)).toBe(50 + 30 - 1);
  });

  it('has nothing to take before a share is full, and no debt', () => {
    const budget = new RetryBudget({ ratio: 0.3, perSecond: 0 });
    for (let request = 0; request < 3; request += 1) budget.noteRequest(0, ann);
    expect(budget.available(0, ann)).toBe(0);
    budget.noteRequest(0, ann);
    expect([budget.available(0, ann), budget.tryTake(0, ann) !== undefined]).toEqual([1, true]);
    budget.reconfigure({ ratio: 0, perSecond: 0 });
    expect(budget.available(0, ann)).toBe(0);
  });

  it('counts nothing before the first request, and resets a second when its cell is reused', () => {
    expect(new RetryBudget({ ratio: 1, perSecond: 0 }).available(0, ann)).toBe(0);
    const budget = new RetryBudget({ ratio: 1, perSecond: 0 });
    for (const nowMs of [500, 600, 1_400]) budget.noteRequest(nowMs, ann);
    expect([budget.available(9_999, ann), budget.available(10_000, ann)]).toEqual([3, 1]);
    budget.noteRequest(10_500, ann);
    expect([budget.available(10_500, ann), budget.available(11_000, ann)]).toEqual([2, 1]);
    while (budget.tryTake(10_500, ann));
    expect([budget.available(10_500, ann), budget.available(20_500, ann)]).toEqual([0, 0]);
    budget.noteRequest(20_500, ann);
    expect(budget.available(20_500, ann)).toBe(1);
  });

  it('gives a person whose retries all fail at most as much as is left for the others', () => {
    const budget = new RetryBudget(policy);
    budget.noteRequest(1_000, ann);
    const takenBy = (caller: string, nowMs: number): number => {
      let taken = 0;
      while (budget.tryTake(nowMs, caller)) taken += 1;
      return taken;
    };
    expect(budget.available(1_000, ann)).toBe(10);
    budget.noteRequest(1_500, 'bob');
    expect([takenBy(ann, 2_000), budget.available(2_000, ann)]).toEqual([5, 0]);
    expect(budget.available(2_000, 'bob')).toBe(5);
    const refund = budget.tryTake(2_000, 'bob');
    refund?.();
    expect([takenBy('bob', 3_000), takenBy('eve', 3_000)]).toEqual([3, 1]);
    // A person who is alone again has all of it.
    expect([takenBy(ann, 13_500), budget.available(13_500, ann)]).toEqual([10, 0]);
  });

  it('gives all of it to a person who is the only one, however many requests they send', () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 1 });
    for (const nowMs of [1_000, 1_100, 2_000]) budget.noteRequest(nowMs, ann);
    const taken = Array.from({ length: 15 }, () => budget.tryTake(2_500, ann));
    expect(taken.filter(Boolean)).toHaveLength(10);
  });

  it('is shared with a person who sent requests in another second only', () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 1 });
    budget.noteRequest(1_000, 'bob');
    budget.noteRequest(2_000, ann);
    const taken = Array.from({ length: 15 }, () => budget.tryTake(2_500, ann));
    expect(taken.filter(Boolean)).toHaveLength(5);
  });

  it('returns a refund to the share of its person, no more than was taken', () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 1 });
    budget.noteRequest(1_000, 'bob');
    budget.noteRequest(1_000, ann);
    const taken = Array.from({ length: 5 }, () => budget.tryTake(1_000, ann));
    expect(budget.tryTake(1_000, ann)).toBeUndefined();
    taken[0]?.();
    expect(budget.tryTake(1_000, ann)).toBeDefined();
    expect(budget.tryTake(1_000, ann)).toBeUndefined();
  });

  it.each([
    { ratio: 0, perSecond: 0, isOff: true },
    { ratio: 0.1, perSecond: 0, isOff: false },
    { ratio: 0, perSecond: 1, isOff: false },
  ])('is off only without a share and a floor: $ratio, $perSecond', ({ isOff, ...of }) => {
    expect(new RetryBudget(of).isOff).toBe(isOff);
  });

  it('never allows more than the share and the floor within any ten seconds', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(2_000), isRetry: fc.boolean() }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(steps, (moments) => {
        const budget = new RetryBudget(policy);
        const requests: number[] = [];
        const retries: number[] = [];
        let nowMs = 0;
        for (const { waitMs, isRetry } of moments) {
          nowMs += waitMs;
          if (isRetry && budget.tryTake(nowMs, ann)) retries.push(nowMs);
          if (!isRetry) {
            budget.noteRequest(nowMs, ann);
            requests.push(nowMs);
          }
          const within = (at: number): boolean => at > nowMs - 9_000;
          const allowed = requests.length * policy.ratio + 10;
          expect(retries.filter(within).length).toBeLessThanOrEqual(allowed);
        }
      }),
    );
  });
});
