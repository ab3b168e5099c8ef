/** Sums and ratios of a usage report. Pure. */
import type { Budget } from '@zephyr/contract/usage/people-limits';
import type { NamedDimension, UsageFigures, UsageLine } from '@zephyr/contract/usage/usage';

export interface NamedUsage {
  readonly name: string;
  readonly figures: UsageFigures;
}

/** One row for each name, the most expensive first, then those with the most requests. */
export function usageBy(
  rows: readonly UsageLine[],
  dimension: NamedDimension,
): readonly NamedUsage[] {
  const sums = new Map<string, UsageFigures>();
  for (const row of rows) {
    const name = row[dimension];
    if (name === null) continue;
    const sum = sums.get(name);
    sums.set(name, sum === undefined ? row : added(sum, row));
  }
  return [...sums]
    .map(([name, figures]) => ({ name, figures }))
    .toSorted(
      ({ figures: one }, { figures: two }) =>
        two.cost_usd - one.cost_usd || two.requests - one.requests,
    );
}

function added(one: UsageFigures, two: UsageFigures): UsageFigures {
  return {
    requests: one.requests + two.requests,
    failed: one.failed + two.failed,
    input_tokens: one.input_tokens + two.input_tokens,
    output_tokens: one.output_tokens + two.output_tokens,
    cache_read_tokens: one.cache_read_tokens + two.cache_read_tokens,
    cache_write_tokens: one.cache_write_tokens + two.cache_write_tokens,
    cache_write_1h_tokens: one.cache_write_1h_tokens + two.cache_write_1h_tokens,
    cost_usd: one.cost_usd + two.cost_usd,
    unpriced: one.unpriced + two.unpriced,
    incomplete: one.incomplete + two.incomplete,
    possibly_billed_twice: one.possibly_billed_twice + two.possibly_billed_twice,
  };
}

/** The smallest remainder of each person's own budgets, by name; undefined if nobody has one. */
export function budgetLeftOf(budgets: readonly Budget[]): ReadonlyMap<string, number> | undefined {
  const left = new Map<string, number>();
  for (const { name, of, left_usd } of budgets) {
    if (of === 'person') left.set(name, Math.min(left_usd, left.get(name) ?? left_usd));
  }
  return left.size === 0 ? undefined : left;
}

/** The share of prompt tokens read from the cache; null without prompts. */
export function cacheHitRatio(figures: UsageFigures): number | null {
  const { input_tokens: input, cache_read_tokens: read, cache_write_tokens: written } = figures;
  const all = input + read + written;
  return all === 0 ? null : read / all;
}

/** Null without requests. */
export function failedRatio({ failed, requests }: UsageFigures): number | null {
  return requests === 0 ? null : failed / requests;
}
