import type { Budget } from '@zephyr/contract/usage/people-limits';
import type { UsageFigures } from '@zephyr/contract/usage/usage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { line, NOTHING } from '../../test-support/usage-lines.ts';
import { budgetLeftOf, cacheHitRatio, failedRatio, usageBy } from './usage-sums.ts';

describe('budgetLeftOf', () => {
  const budget = (name: string, left_usd: number, of: Budget['of'] = 'person'): Budget => ({
    ...{ name, of, period: 'day', budget_usd: 9, granted_usd: 0, used_usd: 0, left_usd },
    resets_at: '2026-11-29T00:00:00.000Z',
  });

  it('has the least of each person, and of no team', () => {
    const left = budgetLeftOf([
      ...[budget('ann', 3), budget('ann', 1), budget('ann', 2), budget('bob', 0)],
      budget('core', 0, 'team'),
    ]);
    expect([...(left ?? [])]).toEqual([
      ['ann', 1],
      ['bob', 0],
    ]);
  });

  it('has no column if no person has a budget', () => {
    expect(budgetLeftOf([budget('core', 1, 'team')])).toBeUndefined();
  });
});

describe('usageBy', () => {
  const rows = [
    line({ person: 'ann', model: 'opus', endpoint: 'tokyo', cost_usd: 1, requests: 2 }),
    line({ person: 'ben', model: 'opus', endpoint: 'tokyo', cost_usd: 5, requests: 1 }),
    line({ person: 'ann', model: 'haiku', endpoint: 'tokyo', cost_usd: 3, requests: 4 }),
    line({ person: 'eve', model: 'other', endpoint: 'paris', requests: 1 }),
    line({ person: 'kim', model: 'other', endpoint: 'paris', requests: 7 }),
  ];
  const costs = (dimension: 'person' | 'endpoint' | 'model') =>
    usageBy(rows, dimension).map(({ name, figures }) => [name, figures.cost_usd, figures.requests]);

  it('sums usage by name, most expensive first, then most requests', () => {
    expect(costs('person')).toEqual([
      ['ben', 5, 1],
      ['ann', 4, 6],
      ['kim', 0, 7],
      ['eve', 0, 1],
    ]);
    expect(costs('model')).toEqual([
      ['opus', 6, 3],
      ['haiku', 3, 4],
      ['other', 0, 8],
    ]);
    expect(costs('endpoint')).toEqual([
      ['tokyo', 9, 7],
      ['paris', 0, 8],
    ]);
  });

  it('loses no count, whatever the dimension', () => {
    const names = Object.keys(NOTHING) as (keyof UsageFigures)[];
    const figures = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.nat(1_000_000)])),
    ) as unknown as fc.Arbitrary<UsageFigures>;
    const person = fc.constantFrom('ann', 'ben', 'constructor');
    const rowsOf = fc.array(fc.tuple(figures, person));
    fc.assert(
      fc.property(rowsOf, (all) => {
        const sums = usageBy(
          all.map(([each, name]) => line({ ...each, person: name })),
          'person',
        );
        for (const name of names) {
          const whole = all.reduce((sum, [each]) => sum + each[name], 0);
          expect(sums.reduce((sum, each) => sum + each.figures[name], 0)).toBe(whole);
        }
      }),
    );
  });
});

describe('ratios', () => {
  it('computes cache hits from prompt tokens, not from output', () => {
    const used = { input_tokens: 5, cache_write_tokens: 5, cache_read_tokens: 90 };
    expect(cacheHitRatio(line({ ...used, output_tokens: 1_000 }))).toBe(0.9);
  });

  it('has none without prompts or requests', () => {
    expect(cacheHitRatio(line({ output_tokens: 3 }))).toBeNull();
    expect(failedRatio(NOTHING)).toBeNull();
    expect(failedRatio(line({ requests: 4, failed: 1 }))).toBe(0.25);
  });
});
