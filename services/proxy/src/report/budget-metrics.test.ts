import type { Budget } from '@zephyr/contract/usage/people-limits';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { addBudgetGauges } from './budget-metrics.ts';

const ann: Budget = {
  ...{ name: 'ann', of: 'person', period: 'day', resets_at: '2026-11-29T00:00:00.000Z' },
  ...{ budget_usd: 3, granted_usd: 1, used_usd: 3, left_usd: 1 },
};
const web: Budget = { ...ann, name: 'web', of: 'team', period: 'month', used_usd: 5, left_usd: 0 };

it('each budget shows what is left and spent, and disappears when it ends', async () => {
  const registry = new Registry();
  let budgets = [ann, web];
  addBudgetGauges(registry, () => budgets);
  const lines = async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('zephyr_'));
  expect(await lines()).toEqual([
    'zephyr_budget_left_usd{subject="ann",of="person",period="day"} 1',
    'zephyr_budget_left_usd{subject="web",of="team",period="month"} 0',
    'zephyr_budget_spent_ratio{subject="ann",of="person",period="day"} 0.75',
    'zephyr_budget_spent_ratio{subject="web",of="team",period="month"} 1.25',
  ]);
  budgets = [web];
  expect(await lines()).toHaveLength(2);
});

it('of many budgets only those with the most spent have series', async () => {
  const registry = new Registry();
  const budgets = Array.from({ length: 15_000 }, (_, at) => ({
    ...{ ...ann, name: `p${at}`, granted_usd: 0, budget_usd: 15_000, used_usd: (at * 7) % 15_000 },
  }));
  addBudgetGauges(registry, () => budgets);
  const lines = (await registry.metrics()).split('\n').filter((line) => /^zephyr_/.test(line));
  expect(lines).toHaveLength(2 * 3_000);
  const ratios = lines.filter((line) => line.startsWith('zephyr_budget_spent_ratio'));
  expect(Math.min(...ratios.map((line) => Number(line.split(' ')[1])))).toBe(0.8);
});
