import type { EpochMs } from '@zephyr/contract/scalars';
import { DAY_MS } from '@zephyr/contract/units';

/** The cost of one group's probes on one day, and its limit. */
export interface BudgetDay {
  /** Absent: no limit. */
  readonly dailyBudgetUsd?: number | undefined;
  /** The day of `spentUsd`: days since 1970, UTC. */
  readonly day: number;
  readonly spentUsd: number;
}

/** Days since 1970 in UTC: the day of a budget, and of what is counted for it. */
export function dayNumberOf(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}

/** Adds the cost of one probe; a new day starts at 0. */
export function withCost<Group extends BudgetDay>(
  group: Group,
  costUsd: number,
  epochMs: EpochMs,
): Group {
  const day = dayNumberOf(epochMs);
  return { ...group, day, spentUsd: (group.day === day ? group.spentUsd : 0) + costUsd };
}

/** The spent share of today's budget; 0 without a budget and before the first cost of a day. */
export function spentShareOf(group: BudgetDay, epochMs: EpochMs): number {
  if (group.dailyBudgetUsd === undefined || group.day !== dayNumberOf(epochMs)) return 0;
  return group.dailyBudgetUsd === 0 ? 1 : group.spentUsd / group.dailyBudgetUsd;
}
