/** One person's usage and limits: `GET /usage`. The only request that waits for Redis, and never for long. */

import { DAY_MS } from '@zephyr/contract/units';
import type { OwnFigures, OwnUsage } from '@zephyr/contract/usage/people-limits';
import type { UsageRow } from '@zephyr/contract/usage/usage';
import { dayOf, type LimitCounters, type UsageLimits, usageReport } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import { readOwnDays } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';

import type { PeopleLimits } from '../people-limits/people-limits.ts';

/** Redis is read at most this often per person, whatever the number of requests. */
const CACHED_FOR_MS = 5_000;
const MAX_PEOPLE = 1_000;

export interface OwnUsageDeps {
  readonly redis: Redis;
  readonly limits: PeopleLimits;
  readonly clock: Clock;
}

interface CachedRows {
  readonly atMs: number;
  readonly rows: Promise<readonly UsageRow[]>;
}

export class OwnUsageReader {
  readonly #deps: OwnUsageDeps;
  readonly #cached = new Map<string, CachedRows>();

  constructor(deps: OwnUsageDeps) {
    this.#deps = deps;
  }

  /** Undefined while Redis is away. */
  async read(person: string): Promise<OwnUsage | undefined> {
    const { redis, clock, limits } = this.#deps;
    if (redis.status !== 'ready') return undefined;
    try {
      const epochMs = Math.round(clock.epochMs());
      const rows = await this.#rowsOf(person, epochMs);
      const figures = (days: number) => figuresOf(rows, { days, epochMs });
      return {
        ...{ person, today: figures(1), days_7: figures(7), days_30: figures(30) },
        budgets: limits.budgetsOf(person),
        limits: limitValues(limits, person, epochMs),
        models: modelsOf(limits, person),
      };
    } catch {
      this.#cached.delete(person);
      return undefined;
    }
  }

  #rowsOf(person: string, epochMs: number): Promise<readonly UsageRow[]> {
    const atMs = this.#deps.clock.nowMs();
    const known = this.#cached.get(person);
    if (known !== undefined && atMs - known.atMs < CACHED_FOR_MS) return known.rows;
    if (this.#cached.size >= MAX_PEOPLE) this.#cached.clear();
    const rows = readOwnDays(this.#deps.redis, person, {
      ...{ sinceAtMs: firstDayMs(30, epochMs), untilAtMs: epochMs },
    });
    this.#cached.set(person, { atMs, rows });
    return rows;
  }
}

function firstDayMs(days: number, epochMs: number): number {
  return dayOf(epochMs) - (days - 1) * DAY_MS;
}

function figuresOf(
  rows: readonly UsageRow[],
  { days, epochMs }: { readonly days: number; readonly epochMs: number },
): OwnFigures {
  const sinceAtMs = firstDayMs(days, epochMs);
  const wanted = rows.filter(({ fromAtMs }) => fromAtMs >= sinceAtMs);
  const report = usageReport(wanted, { by: ['model'], sinceAtMs, untilAtMs: epochMs });
  return {
    total: report.total,
    models: report.rows.map(
      ({ person: _person, endpoint: _endpoint, day: _day, hour: _hour, model, ...figures }) => ({
        model: model ?? '',
        ...figures,
      }),
    ),
  };
}

type Rate = OwnUsage['limits'][number]['limit'];

function limitValues(limits: PeopleLimits, person: string, epochMs: number): OwnUsage['limits'] {
  return limits.subjectsOf(person).flatMap(({ name, of, members, limits: set }) => {
    const counted = limits.counters.of(members, epochMs);
    return ratesOf(set, counted).flatMap(([limit, allowed, used]) =>
      allowed === undefined ? [] : [{ name, of, limit, allowed, used }],
    );
  });
}

function ratesOf(
  { requestsPerMinute, tokensPerMinute, activeRequests }: UsageLimits,
  { requests, tokens, active }: Omit<LimitCounters, 'grantedUsd'>,
): readonly (readonly [Rate, number | undefined, number])[] {
  return [
    ['requests_per_minute', requestsPerMinute, requests],
    ['tokens_per_minute', tokensPerMinute, tokens],
    ['active_requests', activeRequests, active],
  ];
}

/** If a person and their team have lists of their own, both apply: the person's is shown. */
function modelsOf(limits: PeopleLimits, person: string): readonly string[] | null {
  const lists = limits.subjectsOf(person).map(({ limits: { models } }) => models);
  return lists.find((models) => models !== undefined) ?? null;
}
