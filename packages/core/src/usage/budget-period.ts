/** When the day, week or month of a budget begins and ends. In UTC; weeks begin on Monday. */

import { DAY_MS } from '@zephyr/contract/units';
import type { BudgetPeriod } from '@zephyr/contract/usage/people-limits';

import { dayOf } from './usage-by-hour.ts';

/** `fromAtMs` is inclusive, `untilAtMs` exclusive. */
export interface Period {
  readonly fromAtMs: number;
  readonly untilAtMs: number;
}

export function periodAt(period: BudgetPeriod, atMs: number): Period {
  const dayAtMs = dayOf(atMs);
  if (period === 'day') return { fromAtMs: dayAtMs, untilAtMs: dayAtMs + DAY_MS };
  const date = new Date(dayAtMs);
  if (period === 'week') {
    const fromAtMs = dayAtMs - ((date.getUTCDay() + 6) % 7) * DAY_MS;
    return { fromAtMs, untilAtMs: fromAtMs + 7 * DAY_MS };
  }
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { fromAtMs: Date.UTC(year, month), untilAtMs: Date.UTC(year, month + 1) };
}
