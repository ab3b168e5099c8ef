/**
 * What is left of the budgets of people and teams, for Prometheus: at most a second old, as known to this
 * proxy, so all proxies agree within that second. Each series costs Prometheus memory and a proxy time, so if
 * there are many budgets, only those with the most spent get one.
 */
import type { Budget } from '@zephyr/contract/usage/people-limits';
import { Gauge, type Registry } from 'prom-client';

const LABELS = ['subject', 'of', 'period'] as const;
/** As many as 1,000 people with one budget per period. */
const MAX_BUDGETS = 3_000;

/** @param registry one whose labels may contain people's names */
export function addBudgetGauges(registry: Registry, budgets: () => readonly Budget[]): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_budget_left_usd',
    help: 'Remaining budget of the period, including today’s grants, in US dollars',
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const budget of mostSpent(budgets())) this.set(labelsOf(budget), budget.left_usd);
    },
  });
  new Gauge({
    name: 'zephyr_budget_spent_ratio',
    help: 'Spent share of the period’s budget: 1 means all of it',
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const budget of mostSpent(budgets())) this.set(labelsOf(budget), spentRatio(budget));
    },
  });
}

function mostSpent(budgets: readonly Budget[]): readonly Budget[] {
  if (budgets.length <= MAX_BUDGETS) return budgets;
  const ranked = budgets.map((budget) => ({ budget, ratio: spentRatio(budget) }));
  ranked.sort((one, two) => two.ratio - one.ratio);
  return ranked.slice(0, MAX_BUDGETS).map(({ budget }) => budget);
}

function labelsOf({ name, of, period }: Budget) {
  return { subject: name, of, period };
}

function spentRatio({ budget_usd, granted_usd, used_usd }: Budget): number {
  return used_usd / (budget_usd + granted_usd);
}
