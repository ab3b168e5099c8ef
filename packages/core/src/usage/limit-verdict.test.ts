import { NANO } from '@zephyr/contract/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodAt } from './budget-period.ts';
import {
  type LimitCounters,
  limitSubjects,
  limitVerdict,
  type UsageLimits,
  WITHIN_LIMITS,
} from './limit-verdict.ts';

/** A Saturday, 28 November. */
const NOW_MS = Date.UTC(2026, 10, 28, 9, 30, 20);
const nothing: LimitCounters = {
  spentNanoUsd: { day: 0, week: 0, month: 0 },
  ...{ grantedUsd: 0, requests: 0, tokens: 0, active: 0 },
};
const spent = (day: number, week = day, month = week): LimitCounters => ({
  ...nothing,
  spentNanoUsd: { day: day * NANO, week: week * NANO, month: month * NANO },
});
const iso = (atMs: number | undefined) =>
  atMs === undefined ? undefined : new Date(atMs).toISOString();
const overOf = (limits: UsageLimits, counters: LimitCounters, epochMs = NOW_MS) => {
  const verdict = limitVerdict(limits, counters, epochMs);
  if (verdict.status === 'within_limits') return 'within_limits';
  const { limit, used, allowed, resetsAtMs } = verdict;
  return [limit, used, allowed, iso(resetsAtMs)];
};

describe('periodAt', () => {
  it.each([
    ['day', NOW_MS, '2026-11-28', '2026-11-29'],
    ['week', NOW_MS, '2026-11-23', '2026-11-30'],
    ['week', Date.UTC(2026, 10, 29, 23, 59), '2026-11-23', '2026-11-30'],
    ['week', Date.UTC(2026, 10, 30), '2026-11-30', '2026-12-07'],
    ['month', NOW_MS, '2026-11-01', '2026-12-01'],
    ['month', Date.UTC(2026, 11, 31, 23, 59), '2026-12-01', '2027-01-01'],
  ] as const)('%s of %i is from %s to %s', (period, atMs, from, until) => {
    const { fromAtMs, untilAtMs } = periodAt(period, atMs);
    expect([iso(fromAtMs), iso(untilAtMs)]).toEqual([
      `${from}T00:00:00.000Z`,
      `${until}T00:00:00.000Z`,
    ]);
  });
});

describe('limitVerdict', () => {
  it('admits people without a limit, and those below all', () => {
    expect(limitVerdict({}, spent(1e6), NOW_MS)).toBe(WITHIN_LIMITS);
    const counters = { ...spent(9.99), requests: 4, tokens: 99, active: 1 };
    const limits = {
      ...{ budgetUsdPerDay: 10, requestsPerMinute: 5, tokensPerMinute: 100, activeRequests: 2 },
    };
    expect(limitVerdict(limits, counters, NOW_MS)).toBe(WITHIN_LIMITS);
  });

  it.each([
    [{ budgetUsdPerDay: 10 }, spent(10), ['budget_usd_per_day', 10, 10, '2026-11-29']],
    [{ budgetUsdPerWeek: 10 }, spent(1, 11), ['budget_usd_per_week', 11, 10, '2026-11-30']],
    [{ budgetUsdPerMonth: 10 }, spent(1, 2, 12), ['budget_usd_per_month', 12, 10, '2026-12-01']],
  ] as const)('%j is over its budget', (limits, counters, [limit, used, allowed, resets]) => {
    expect(overOf(limits, counters)).toEqual([limit, used, allowed, `${resets}T00:00:00.000Z`]);
  });

  it.each([
    [{ requestsPerMinute: 5 }, { requests: 5 }, ['requests_per_minute', 5, 5]],
    [{ tokensPerMinute: 100 }, { tokens: 250 }, ['tokens_per_minute', 250, 100]],
  ] as const)('%j is over until the next minute', (limits, counters, expected) => {
    expect(overOf(limits, { ...nothing, ...counters })).toEqual([
      ...expected,
      '2026-11-28T09:31:00.000Z',
    ]);
  });

  it('admits no more than the allowed active requests, until one ends', () => {
    expect(overOf({ activeRequests: 2 }, { ...nothing, active: 2 })).toEqual([
      ...['active_requests', 2, 2, undefined],
    ]);
  });

  it('reports the budget that lasts longest, even a week that ends after its month', () => {
    const all = { budgetUsdPerDay: 1, budgetUsdPerWeek: 1, budgetUsdPerMonth: 1 };
    expect(overOf(all, spent(2))[0]).toBe('budget_usd_per_month');
    expect(overOf({ ...all, budgetUsdPerMonth: 9 }, spent(2))[0]).toBe('budget_usd_per_week');
    const lastOfMonth = Date.UTC(2026, 11, 31, 12);
    expect(overOf(all, spent(2), lastOfMonth)[0]).toBe('budget_usd_per_week');
    expect(overOf({ ...all, requestsPerMinute: 1 }, { ...spent(2), requests: 9 })[0]).toBe(
      'budget_usd_per_month',
    );
  });

  it('adds the grant to each budget', () => {
    const all = { budgetUsdPerDay: 1, budgetUsdPerMonth: 10 };
    expect(overOf(all, { ...spent(3, 3, 11), grantedUsd: 2 })).toEqual([
      ...['budget_usd_per_day', 3, 3, '2026-11-29T00:00:00.000Z'],
    ]);
    expect(overOf(all, { ...spent(2.9, 3, 11.9), grantedUsd: 2 })).toBe('within_limits');
  });

  it('never admits at or above a limit, and never refuses below all limits', () => {
    const amount = fc.integer({ min: 1, max: 50 });
    const property = fc.property(
      fc.record({
        ...{ budgetUsdPerDay: fc.option(amount, { nil: undefined }) },
        ...{ budgetUsdPerWeek: fc.option(amount, { nil: undefined }) },
        requestsPerMinute: fc.option(amount, { nil: undefined }),
        activeRequests: fc.option(amount, { nil: undefined }),
      }),
      fc.record({
        ...{ day: fc.nat(60), more: fc.nat(60), grantedUsd: fc.nat(9) },
        ...{ requests: fc.nat(60), active: fc.nat(60) },
      }),
      (limits, { day, more, grantedUsd, requests, active }) => {
        const counters = { ...spent(day, day + more), grantedUsd, requests, active };
        const isOver = [
          [limits.budgetUsdPerDay, day - grantedUsd],
          [limits.budgetUsdPerWeek, day + more - grantedUsd],
          [limits.requestsPerMinute, requests],
          [limits.activeRequests, active],
        ].some(([allowed, used]) => allowed !== undefined && (used ?? 0) >= allowed);
        expect(limitVerdict(limits, counters, NOW_MS).status).toBe(
          isOver ? 'over' : 'within_limits',
        );
      },
    );
    fc.assert(property);
  });
});

describe('limitSubjects', () => {
  const config = {
    clients: [{ name: 'ann', budgetUsdPerDay: 5 }, { name: 'bob' }],
    teams: [{ name: 'core', members: ['ann', 'bob'], activeRequests: 3 }],
    clientDefaults: { budgetUsdPerDay: 1, requestsPerMinute: 9 },
  };

  it('uses the defaults if a person has no own value', () => {
    expect(limitSubjects(config)).toEqual([
      {
        ...{ of: 'person', name: 'ann', members: ['ann'] },
        limits: { budgetUsdPerDay: 5, requestsPerMinute: 9 },
      },
      {
        ...{ of: 'person', name: 'bob', members: ['bob'] },
        limits: { budgetUsdPerDay: 1, requestsPerMinute: 9 },
      },
      { of: 'team', name: 'core', members: ['ann', 'bob'], limits: { activeRequests: 3 } },
    ]);
  });

  it('leaves out people without a limit', () => {
    const teams = [{ name: 'core', members: ['ann'] }];
    expect(limitSubjects({ ...config, teams, clientDefaults: {} })).toHaveLength(1);
  });

  it('counts everybody together without keys', () => {
    const open = { clients: [], teams: [], clientDefaults: { budgetUsdPerDay: 1 } };
    expect(limitSubjects(open)).toMatchObject([{ name: 'anonymous', members: ['anonymous'] }]);
    expect(limitSubjects({ ...open, clientDefaults: {} })).toEqual([]);
  });
});
