import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { A, B, GROUP, running, Scenario } from '../test-support/scenario.ts';
import { idleIntervalMs } from './probe-plans.ts';

const HOUR = 3_600_000;
const planOf = (story: Scenario, id = A) => story.world.probePlans[id];
const scaled = () => new Scenario({ group: { dynamicScaling: true } }).probe(A, 500).probe(B, 600);

describe('the interval', () => {
  it('is the configured one without dynamic scaling, whatever the load', () => {
    const story = new Scenario()
      .probe(A, 500)
      .probe(B, 600)
      .presence(running({ a: 50 }));
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });

  it.each([
    { name: 'high load', requests: 11, intervalMs: 30_000, why: 'high_load' },
    { name: 'medium load', requests: 4, intervalMs: 42_000, why: 'load' },
    { name: 'low load', requests: 3, intervalMs: 60_000, why: 'load' },
    { name: 'no load', requests: 0, intervalMs: 60_000, why: 'idle' },
  ])('with dynamic scaling and $name is $intervalMs ms', ({ requests, intervalMs, why }) => {
    expect(planOf(scaled().presence(running({ a: requests })))).toMatchObject({ intervalMs, why });
  });

  it('rises with idleness and falls at the first request', () => {
    const story = scaled();
    const intervals = [60_000, 10 * 60_000, 20 * 60_000, 40 * 60_000].map((idleMs) => {
      story.pass(idleMs);
      const plan = planOf(story);
      return plan?.status === 'scheduled' ? plan.intervalMs : 0;
    });
    expect(intervals[0]).toBe(60_000);
    expect(intervals).toEqual(intervals.toSorted((a, b) => a - b));
    expect(intervals.at(-1)).toBe(HOUR);
    expect(planOf(story.presence(running({ a: 1 })))).toMatchObject({ intervalMs: 60_000 });
  });

  it('is never below the configured one nor above the longest while idle', () => {
    fc.assert(
      fc.property(fc.nat(5 * HOUR), fc.nat(5 * HOUR), (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const [early, late] = [idleIntervalMs(GROUP, less), idleIntervalMs(GROUP, more)];
        expect(early).toBeGreaterThanOrEqual(GROUP.intervalMs);
        expect(late).toBeGreaterThanOrEqual(early);
        expect(late).toBeLessThanOrEqual(GROUP.maxIntervalMs);
      }),
    );
  });

  it('is short while a failure is being confirmed, and of that endpoint only', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600).probe(A, 'reset');
    expect(planOf(story)).toMatchObject({ intervalMs: 5_000, why: 'verifying' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 60_000 });
  });

  it('is short while a return is being confirmed', () => {
    const fallen = new Scenario().probe(B, 600).rounds(3, { a: 'reset', b: 600 });
    const story = fallen.probe(A, 500).rounds(3, { a: 'reset' }).probe(A, 500);
    expect(planOf(story)).toMatchObject({ why: 'verifying' });
  });

  it('is short for a while when the last live request of the active endpoint failed', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600).live(A, { succeeded: 1 });
    story.atMs += 1_000;
    story.live(A, { failed: { reset: 1 } }).live(B, { failed: { reset: 1 } });
    expect(planOf(story)).toMatchObject({ why: 'verifying' });
    expect(planOf(story, B)).toMatchObject({ why: 'configured' });
    // Nobody may ask again for hours: a single failure must not cost a probe every five seconds.
    expect(planOf(story.pass(31_000))).toMatchObject({ why: 'configured' });
  });

  it('is the shortest for the two between which a switch is near', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 }).rounds(1, { a: 900, b: 100 });
    expect(story.world.switching.lead.status).toBe('leading');
    expect(planOf(story)).toMatchObject({ intervalMs: 30_000, why: 'deciding' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 30_000, why: 'deciding' });
  });

  it('is not shortened for a switch that people have ruled out', () => {
    const story = new Scenario().rounds(8, { a: 900, b: 890 });
    story.command({ kind: 'mode', mode: 'manual' });
    story.rounds(6, { a: 900, b: 100 });
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });

  it('is long for an endpoint whose live traffic is evidence enough', () => {
    const story = new Scenario();
    for (let minute = 0; minute < 6; minute += 1) {
      story.pass(55_000).presence();
      for (let report = 0; report < 3; report += 1) {
        story.atMs += 1_000;
        story.live(A, { succeeded: 1, ttftMs: [1_500] });
      }
      story.probe(A, 500).probe(B, 600);
    }
    expect(planOf(story)).toMatchObject({ intervalMs: 300_000, why: 'unneeded' });
    expect(planOf(story, B)).toMatchObject({ intervalMs: 60_000 });
    expect(planOf(story.pass(31_000))).toMatchObject({ why: 'configured' });
  });
});

describe('live traffic that cannot be compared yet', () => {
  it('does not make probes unnecessary', () => {
    const story = new Scenario().probe(A, 500).probe(B, 600);
    story.live(A, { succeeded: 1, ttftMs: [1_500] });
    expect(planOf(story)).toMatchObject({ intervalMs: 60_000, why: 'configured' });
  });
});

describe('the budget', () => {
  const spend = (usd: number) =>
    new Scenario({ group: { dailyBudgetUsd: 1 } }).probe(A, 500, { costUsd: usd }).probe(B, 600);

  it.each([
    { usd: 0.79, plan: { status: 'scheduled', spending: 'normal' } },
    { usd: 0.8, plan: { status: 'scheduled', spending: 'cheaper' } },
    { usd: 1, plan: { status: 'off', why: 'budget_spent' } },
  ])('of 1 USD with $usd spent', ({ usd, plan }) => {
    expect(planOf(spend(usd))).toMatchObject(plan);
  });

  it('is said once when it is nearly and when it is all spent', () => {
    const story = spend(0.85).probe(A, 500, { costUsd: 0.05 }).probe(A, 500, { costUsd: 0.2 });
    story.probe(A, 500, { costUsd: 0.2 });
    expect(story.notices.filter((code) => code.startsWith('budget'))).toEqual([
      'budget_nearly_spent',
      'budget_spent',
    ]);
  });

  it('restarts at midnight UTC', () => {
    expect(planOf(spend(1).pass(24 * HOUR))).toMatchObject({ status: 'scheduled' });
  });

  it('counts a late probe as well, for it was paid', () => {
    const story = spend(0.5).probe(A, 500, { costUsd: 0.5, sequence: 0 });
    expect(planOf(story)).toEqual({ status: 'off', why: 'budget_spent' });
  });
});
