import type { Budget } from '@zephyr/contract/usage/people-limits';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import { type BudgetWarning, budgetsOf, budgetWarnings, grantedUsd } from './budgets.ts';
import type { LimitSubject } from './limit-verdict.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 9, 30);
const TODAY = epochMs(Date.UTC(2026, 10, 28));
const ann: LimitSubject = {
  ...{ of: 'person', name: 'ann', members: ['ann'] },
  limits: { budgetUsdPerDay: 10, budgetUsdPerWeek: 30 },
};
const grants = [
  { name: 'ann', dayAtMs: TODAY, usd: 5 },
  { name: 'ann', dayAtMs: epochMs(TODAY - 86_400_000), usd: 50 },
  { name: 'bob', dayAtMs: TODAY, usd: 7 },
];

it('grants count for their person and their day', () => {
  expect(grantedUsd(grants, 'ann', NOW_MS)).toBe(5);
  expect(grantedUsd(grants, 'eve', NOW_MS)).toBe(0);
});

it('shows what is left of each budget, never less than 0', () => {
  const spentNanoUsd = () => ({ day: 12e9, week: 40e9, month: 40e9 });
  const rows = budgetsOf({ subjects: [ann], spentNanoUsd, grants, epochMs: NOW_MS });
  expect(rows).toEqual([
    {
      ...{ name: 'ann', of: 'person', period: 'day', budget_usd: 10, granted_usd: 5 },
      ...{ used_usd: 12, left_usd: 3, resets_at: '2026-11-29T00:00:00.000Z' },
    },
    {
      ...{ name: 'ann', of: 'person', period: 'week', budget_usd: 30, granted_usd: 5 },
      ...{ used_usd: 40, left_usd: 0, resets_at: '2026-11-30T00:00:00.000Z' },
    },
  ]);
});

describe('budgetWarnings', () => {
  const budget = (used_usd: number, change: Partial<Budget> = {}): Budget => ({
    ...{ name: 'ann', of: 'person', period: 'day', budget_usd: 10, granted_usd: 0 },
    ...{ used_usd, left_usd: 0, resets_at: '2026-11-29T00:00:00.000Z', ...change },
  });
  /** The codes of the notices, step by step. */
  const story = (...steps: readonly Budget[][]) => {
    let before: readonly BudgetWarning[] = [];
    return steps.map((budgets) => {
      const { warnings, notices } = budgetWarnings(budgets, before);
      before = warnings;
      return notices.map(({ code }) => code.replace('person_budget_', '')).join(' ');
    });
  };

  it('reports each level once', () => {
    expect(story([budget(7.9)], [budget(8)], [budget(9)], [budget(10)], [budget(11)])).toEqual([
      ...['', 'nearly_spent', '', 'spent', ''],
    ]);
  });

  it('reports only spent if it jumps there, and nothing when it falls to nearly spent', () => {
    expect(story([budget(12)], [budget(12, { granted_usd: 5 })], [budget(1)])).toEqual([
      ...['spent', '', ''],
    ]);
  });

  it.each([
    { name: 'bob' },
    { period: 'week' as const },
    { resets_at: '2026-11-30T00:00:00.000Z' },
  ])('says it of each budget: one that differs by %o, too', (other) => {
    expect(story([budget(10)], [budget(10), budget(10, other)])).toEqual(['spent', 'spent']);
    expect(story([budget(10, other)], [budget(10), budget(10, other)])).toEqual(['spent', 'spent']);
  });

  it('reads each earlier warning only a few times, however many there are', () => {
    const many = Array.from({ length: 300 }, (_, at) => budget(10, { name: `p${at}` }));
    const { warnings } = budgetWarnings(many, []);
    let looks = 0;
    const watched = warnings.map(({ name, ...rest }) => ({
      ...rest,
      get name() {
        looks += 1;
        return name;
      },
    }));
    expect(budgetWarnings(many, watched).notices).toEqual([]);
    expect(looks).toBeLessThanOrEqual(2 * many.length);
  });

  it('reports it again in the next period, and after more was granted and spent', () => {
    const next = { resets_at: '2026-11-30T00:00:00.000Z' };
    expect(story([budget(10)], [budget(0, next)], [budget(10, next)])).toEqual([
      ...['spent', '', 'spent'],
    ]);
    const more = { granted_usd: 10 };
    expect(story([budget(10)], [budget(10, more)], [budget(16, more)], [budget(20, more)])).toEqual(
      ['spent', '', 'nearly_spent', 'spent'],
    );
  });

  it('keeps budgets apart', () => {
    expect(story([budget(10), budget(8, { period: 'week' }), budget(9, { name: 'bob' })])).toEqual([
      'spent nearly_spent nearly_spent',
    ]);
    expect(budgetWarnings([budget(10, { period: 'month' })], []).notices).toEqual([
      { code: 'person_budget_spent', name: 'ann', period: 'month' },
    ]);
  });
});
