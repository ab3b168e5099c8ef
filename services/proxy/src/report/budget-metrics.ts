/**
 * What people and teams have left of their budgets, for Prometheus: at most a second old, as this proxy
 * knows it; all proxies say the same within that second. One series for each budget of the configuration.
 */
import type { Budget } from '@zephyr/contract/people-limits';
import { Gauge, type Registry } from 'prom-client';

const LABELS = ['subject', 'of', 'period'] as const;

/** @param registry the one that names people may be in */
export function addBudgetGauges(registry: Registry, budgets: () => readonly Budget[]): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_budget_left_usd',
    help: 'What is left of a budget in its period, with what was granted for today, in US dollars',
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const budget of budgets()) this.set(labelsOf(budget), budget.left_usd);
    },
  });
  new Gauge({
    name: 'zephyr_budget_spent_ratio',
    help: 'How much of a budget is spent in its period: 1 is all of it',
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const budget of budgets()) this.set(labelsOf(budget), spentRatio(budget));
    },
  });
}

function labelsOf({ name, of, period }: Budget) {
  return { subject: name, of, period };
}

function spentRatio({ budget_usd, granted_usd, used_usd }: Budget): number {
  return used_usd / (budget_usd + granted_usd);
}
