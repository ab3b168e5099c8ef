/** Whether a person or team is within its limits. */

import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import { MINUTE_MS, NANO } from '@zephyr/contract/units';
import type { BudgetPeriod, LimitName, SubjectKind } from '@zephyr/contract/usage/people-limits';

import { periodAt } from './budget-period.ts';

/** From the configuration; absent: no limit. */
export interface UsageLimits {
  readonly budgetUsdPerDay?: number | undefined;
  readonly budgetUsdPerWeek?: number | undefined;
  readonly budgetUsdPerMonth?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  /** Excluding cache reads, as the Messages API counts. */
  readonly tokensPerMinute?: number | undefined;
  readonly activeRequests?: number | undefined;
  /** Names, or patterns with `*`. */
  readonly models?: readonly string[] | undefined;
}

export interface LimitsConfig {
  readonly clients: readonly (UsageLimits & { readonly name: string })[];
  readonly teams: readonly (UsageLimits & {
    readonly name: string;
    readonly members: readonly string[];
  })[];
  readonly clientDefaults: UsageLimits;
}

/** A person or team, and the limits of their total usage. */
export interface LimitSubject {
  readonly of: SubjectKind;
  readonly name: string;
  readonly members: readonly string[];
  readonly limits: UsageLimits;
}

/**
 * Those with a limit: people in the order of the configuration, then teams. Without keys, everybody
 * together counts as one person.
 */
export function limitSubjects({
  clients,
  teams,
  clientDefaults,
}: LimitsConfig): readonly LimitSubject[] {
  const people = clients.length === 0 ? [{ name: ANONYMOUS }] : clients;
  return [
    ...people.map((client) => ({
      ...{ of: 'person' as const, name: client.name, members: [client.name] },
      limits: limitsIn({ ...limitsIn(clientDefaults), ...limitsIn(client) }),
    })),
    ...teams.map((team) => ({
      ...{ of: 'team' as const, name: team.name, members: team.members },
      limits: limitsIn(team),
    })),
  ].filter(({ limits }) => Object.keys(limits).length > 0);
}

const BUDGETS = {
  day: 'budgetUsdPerDay',
  week: 'budgetUsdPerWeek',
  month: 'budgetUsdPerMonth',
} as const satisfies Record<BudgetPeriod, keyof UsageLimits>;
export const PERIODS = Object.keys(BUDGETS) as BudgetPeriod[];

const KEYS: readonly (keyof UsageLimits)[] = [
  ...Object.values(BUDGETS),
  ...(['requestsPerMinute', 'tokensPerMinute', 'activeRequests', 'models'] as const),
];

function limitsIn(table: UsageLimits): UsageLimits {
  return Object.fromEntries(
    KEYS.flatMap((key) => (table[key] === undefined ? [] : [[key, table[key]]])),
  );
}

export function minuteOf(atMs: number): number {
  return atMs - (atMs % MINUTE_MS);
}

export function budgetUsd(limits: UsageLimits, period: BudgetPeriod): number | undefined {
  return limits[BUDGETS[period]];
}

/** Usage so far, as far as known here. */
export interface LimitCounters {
  readonly spentNanoUsd: Readonly<Record<BudgetPeriod, number>>;
  /** For today, on top of every budget. */
  readonly grantedUsd: number;
  /** Admitted in this minute. */
  readonly requests: number;
  /** Of answers that ended in this minute. */
  readonly tokens: number;
  readonly active: number;
}

export type LimitVerdict =
  | { readonly status: 'within_limits' }
  | {
      readonly status: 'over';
      readonly limit: LimitName;
      /** In the unit of the limit; a budget includes the grant. */
      readonly used: number;
      readonly allowed: number;
      /** Undefined: as soon as a request ends. */
      readonly resetsAtMs: number | undefined;
    };

export type Over = Extract<LimitVerdict, { status: 'over' }>;

export const WITHIN_LIMITS: LimitVerdict = { status: 'within_limits' };

/** Whether one more request may begin. If several limits are exceeded, the one that lasts longest. */
export function limitVerdict(
  limits: UsageLimits,
  counters: LimitCounters,
  epochMs: number,
): LimitVerdict {
  return (
    overBudget(limits, counters, epochMs) ?? overRate(limits, counters, epochMs) ?? WITHIN_LIMITS
  );
}

/** A month never ends before its days do; a week may end after its month. */
function overBudget(
  limits: UsageLimits,
  { spentNanoUsd, grantedUsd }: LimitCounters,
  epochMs: number,
): Over | undefined {
  let last: Over | undefined;
  for (const period of PERIODS) {
    const budget = budgetUsd(limits, period);
    if (budget === undefined) continue;
    const [used, allowed] = [spentNanoUsd[period] / NANO, budget + grantedUsd];
    const { untilAtMs: resetsAtMs } = periodAt(period, epochMs);
    if (used < allowed || resetsAtMs < (last?.resetsAtMs ?? 0)) continue;
    last = { status: 'over', limit: `budget_usd_per_${period}`, used, allowed, resetsAtMs };
  }
  return last;
}

function overRate(
  { requestsPerMinute, tokensPerMinute, activeRequests }: UsageLimits,
  { requests, tokens, active }: LimitCounters,
  epochMs: number,
): Over | undefined {
  const resetsAtMs = minuteOf(epochMs) + MINUTE_MS;
  const rates = [
    ['requests_per_minute', requests, requestsPerMinute, resetsAtMs],
    ['tokens_per_minute', tokens, tokensPerMinute, resetsAtMs],
    ['active_requests', active, activeRequests, undefined],
  ] as const;
  for (const [limit, used, allowed, resets] of rates) {
    if (allowed === undefined || used < allowed) continue;
    return { status: 'over', limit, used, allowed, resetsAtMs: resets };
  }
  return undefined;
}
