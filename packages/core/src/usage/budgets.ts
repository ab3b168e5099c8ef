/** What is left of budgets, and when to warn people. */

import type { Notice } from '@zephyr/contract/decide/notice';
import { NANO } from '@zephyr/contract/units';
import { NEARLY_SPENT_SHARE } from '@zephyr/contract/usage/budget-warning';
import type { Budget, BudgetPeriod, Grant } from '@zephyr/contract/usage/people-limits';
import { periodAt } from './budget-period.ts';
import { budgetUsd, type LimitCounters, type LimitSubject, PERIODS } from './limit-verdict.ts';
import { dayOf } from './usage-by-hour.ts';

export interface BudgetInput {
  readonly subjects: readonly LimitSubject[];
  /** For these people in the current periods, in billionths of a dollar. */
  readonly spentNanoUsd: (people: readonly string[]) => LimitCounters['spentNanoUsd'];
  readonly grants: readonly Grant[];
  readonly epochMs: number;
}

/** For today; grants of other days have expired. */
export function grantedUsd(grants: readonly Grant[], name: string, epochMs: number): number {
  const dayAtMs = dayOf(epochMs);
  const own = grants.filter((grant) => grant.name === name && grant.dayAtMs === dayAtMs);
  return own.reduce((sum, { usd }) => sum + usd, 0);
}

export function budgetsOf({
  subjects,
  spentNanoUsd,
  grants,
  epochMs,
}: BudgetInput): readonly Budget[] {
  const periods = PERIODS.map((period) => ({
    period,
    resets_at: new Date(periodAt(period, epochMs).untilAtMs).toISOString(),
  }));
  const grantsOf = Map.groupBy(grants, ({ name }) => name);
  return subjects.flatMap(({ of, name, members, limits }) => {
    const spentBy = spentNanoUsd(members);
    const granted = grantedUsd(grantsOf.get(name) ?? [], name, epochMs);
    return periods.flatMap(({ period, resets_at }): Budget[] => {
      const budget = budgetUsd(limits, period);
      if (budget === undefined) return [];
      const spent = spentBy[period];
      const left = Math.round((budget + granted) * NANO) - spent;
      return [
        {
          ...{ name, of, period, budget_usd: budget, granted_usd: granted },
          ...{ used_usd: spent / NANO, left_usd: Math.max(0, left) / NANO, resets_at },
        },
      ];
    });
  });
}

/** The warning given for a budget in its period. */
export interface BudgetWarning {
  readonly name: string;
  readonly period: BudgetPeriod;
  readonly resetsAt: string;
  readonly level: 'nearly_spent' | 'spent';
}

export interface WarningStep {
  readonly warnings: readonly BudgetWarning[];
  readonly notices: readonly Notice[];
}

/** Each level of each budget is reported once per period, and again only after usage fell below it. */
export function budgetWarnings(
  budgets: readonly Budget[],
  before: readonly BudgetWarning[],
): WarningStep {
  const notices: Notice[] = [];
  const saidOf = new Map(before.map((warning) => [nameOf(warning), warning.level]));
  const warnings = budgets.flatMap((budget): BudgetWarning[] => {
    const level = levelOf(budget);
    if (level === undefined) return [];
    const { name, period, resets_at: resetsAt } = budget;
    const said = saidOf.get(nameOf({ name, period, resetsAt }));
    if (said !== level && said !== 'spent') {
      notices.push({ code: `person_budget_${level}`, name, period });
    }
    return [{ name, period, resetsAt, level }];
  });
  return { warnings, notices };
}

/** Names contain no spaces. */
function nameOf({ name, period, resetsAt }: Omit<BudgetWarning, 'level'>): string {
  return `${name} ${period} ${resetsAt}`;
}

function levelOf({
  budget_usd,
  granted_usd,
  used_usd,
}: Budget): BudgetWarning['level'] | undefined {
  const allowed = budget_usd + granted_usd;
  if (used_usd >= allowed) return 'spent';
  return used_usd >= NEARLY_SPENT_SHARE * allowed ? 'nearly_spent' : undefined;
}
