import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RetryBudget } from './retry-budget.ts';

const policy = { ratio: 0.1, perSecond: 1 };

describe('RetryBudget', () => {
  it('lets a quiet proxy retry ten times in ten seconds, and no more', () => {
    const budget = new RetryBudget(policy);
    const taken = Array.from({ length: 15 }, () => budget.tryTake(5_000));
    expect(taken.filter(Boolean)).toHaveLength(10);
  });

  it('allows a tenth of the traffic on top', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 500; request += 1) budget.noteRequest(1_000 + request * 10);
    expect(budget.available(6_500)).toBe(60);
  });

  it('forgets requests and retries after ten seconds', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 100; request += 1) budget.noteRequest(0);
    while (budget.tryTake(500));
    expect(budget.available(9_900)).toBe(0);
    expect(budget.available(10_100)).toBe(10);
  });

  it('gets back what a retry took that was answered, once, and not into another second', () => {
    const budget = new RetryBudget(policy);
    const refund = budget.tryTake(500);
    expect(budget.available(500)).toBe(9);
    refund?.();
    refund?.();
    expect(budget.available(500)).toBe(10);
    const late = budget.tryTake(500);
    budget.tryTake(10_500);
    late?.();
    expect(budget.available(10_500)).toBe(9);
  });

  it('takes a changed policy and keeps what was counted', () => {
    const budget = new RetryBudget(policy);
    for (let request = 0; request < 100; request += 1) budget.noteRequest(5_000);
    budget.tryTake(5_000);
    budget.reconfigure({ ratio: 0.5, perSecond: 3 });
    expect(budget.available(5_000)).toBe(50 + 30 - 1);
  });

  it('has nothing to take before a share is full, and no debt', () => {
    const budget = new RetryBudget({ ratio: 0.3, perSecond: 0 });
    for (let request = 0; request < 3; request += 1) budget.noteRequest(0);
    expect(budget.available(0)).toBe(0);
    budget.noteRequest(0);
    expect([budget.available(0), budget.tryTake(0) !== undefined]).toEqual([1, true]);
    budget.reconfigure({ ratio: 0, perSecond: 0 });
    expect(budget.available(0)).toBe(0);
  });

  it('counts nothing before the first request, and resets a second when its cell is reused', () => {
    expect(new RetryBudget({ ratio: 1, perSecond: 0 }).available(0)).toBe(0);
    const budget = new RetryBudget({ ratio: 1, perSecond: 0 });
    for (const nowMs of [500, 600, 1_400]) budget.noteRequest(nowMs);
    expect([budget.available(9_999), budget.available(10_000)]).toEqual([3, 1]);
    budget.noteRequest(10_500);
    expect([budget.available(10_500), budget.available(11_000)]).toEqual([2, 1]);
    while (budget.tryTake(10_500));
    expect([budget.available(10_500), budget.available(20_500)]).toEqual([0, 0]);
    budget.noteRequest(20_500);
    expect(budget.available(20_500)).toBe(1);
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
          if (isRetry && budget.tryTake(nowMs)) retries.push(nowMs);
          if (!isRetry) {
            budget.noteRequest(nowMs);
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
