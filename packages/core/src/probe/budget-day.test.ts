import { DAY_MS } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import { spentShareOf, withCost } from './budget-day.ts';

const at = (days: number) => epochMs(days * DAY_MS);
const group = { name: 'team', dailyBudgetUsd: 2, day: 5, spentUsd: 0.5 };

describe('withCost', () => {
  it('adds to the spending of the same day, in UTC', () => {
    expect(withCost(group, 0.25, at(5.999))).toEqual({ ...group, spentUsd: 0.75 });
  });

  it('restarts each day', () => {
    expect(withCost(group, 0.25, at(6))).toEqual({ ...group, day: 6, spentUsd: 0.25 });
  });
});

describe('spentShareOf', () => {
  it.each([
    { name: 'a quarter', group, epochMs: at(5), share: 0.25 },
    { name: 'what was spent yesterday', group, epochMs: at(6), share: 0 },
    { name: 'no budget', group: { day: 5, spentUsd: 9 }, epochMs: at(5), share: 0 },
    {
      name: 'a budget of nothing',
      group: { dailyBudgetUsd: 0, day: 5, spentUsd: 0.1 },
      epochMs: at(5),
      share: 1,
    },
  ])('$name: $share', ({ group: of, epochMs: nowMs, share }) => {
    expect(spentShareOf(of, nowMs)).toBe(share);
  });
});
