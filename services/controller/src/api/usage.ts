/** `GET /api/usage`: who used what, from the ledger in Redis. */
import {
  USAGE_DIMENSIONS,
  type UsageLine,
  type UsageReport,
  type UsageRow,
} from '@zephyr/contract/usage';
import {
  DAY_MS,
  USAGE_CSV_HEAD,
  type UsageQuery,
  UsageSum,
  usageCsvLines,
  usagePeriod,
  usageReport,
} from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { readUsage } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { ProblemError } from './problem.ts';

const TIME =
  'days and hours up to now, today included (7d, 24h), a day (2026-11-01) or a moment, UTC';

export const usageParams = z.strictObject({
  by: z
    .string()
    .optional()
    .meta({
      description: `What rows are told apart by, separated by commas: ${USAGE_DIMENSIONS.join(', ')}. Default: person,endpoint,model,day`,
    }),
  since: z
    .string()
    .optional()
    .meta({ description: `The first that counts: ${TIME}. Default: 7d` }),
  until: z
    .string()
    .optional()
    .meta({ description: `The first that does not: ${TIME}. Default: now` }),
});

const dimensions = z.array(z.enum(USAGE_DIMENSIONS));
const DEFAULT_BY = 'person,endpoint,model,day';

interface PlacedQuery extends UsageQuery {
  readonly unit: 'hour' | 'day';
}

/** @throws ProblemError `invalid_query` */
export function usageQueryOf(query: unknown, nowMs: number): PlacedQuery {
  const params = usageParams.safeParse(query);
  if (!params.success) throw new ProblemError('invalid_query', 'expected by, since and until only');
  const { by = DEFAULT_BY, since = '7d', until } = params.data;
  const wanted = dimensions.safeParse(by === '' ? [] : by.split(','));
  if (!wanted.success) {
    throw new ProblemError('invalid_query', `by takes ${USAGE_DIMENSIONS.join(', ')}`);
  }
  const period = usagePeriod({ since, until, nowMs, wantsHours: wanted.data.includes('hour') });
  if (period.status === 'refused') throw new ProblemError('invalid_query', period.why);
  return { by: wanted.data, ...period };
}

interface UsageDeps {
  readonly redis: Redis;
  readonly log: Logger;
}

/** Added up day by day: while a year is read, the leader has other things to do. */
export async function readReport(deps: UsageDeps, query: PlacedQuery): Promise<UsageReport> {
  if (!isByTime(query)) {
    const sum = new UsageSum(query);
    for await (const day of rowsByDay(deps, query)) sum.add(day);
    return sum.report();
  }
  const total = new UsageSum({ ...query, by: [] });
  const rows: UsageLine[] = [];
  for await (const day of rowsByDay(deps, query)) {
    total.add(day);
    // One by one: a call takes only so many arguments.
    for (const line of usageReport(day, query).rows) rows.push(line);
  }
  return { ...total.report(), rows };
}

/** The same rows, in pieces that are never all in memory; the first one has the head, and may be all. */
export async function* csvParts(deps: UsageDeps, query: PlacedQuery): AsyncGenerator<string> {
  if (!isByTime(query)) {
    const { rows } = await readReport(deps, query);
    yield USAGE_CSV_HEAD + usageCsvLines(rows);
    return;
  }
  let head = USAGE_CSV_HEAD;
  for await (const day of rowsByDay(deps, query)) {
    yield head + usageCsvLines(usageReport(day, query).rows);
    head = '';
  }
  if (head !== '') yield head;
}

/** Then each day has rows of its own, in the order of time. */
function isByTime({ by }: PlacedQuery): boolean {
  return by.includes('day') || by.includes('hour');
}

async function* rowsByDay(
  { redis, log }: UsageDeps,
  { sinceAtMs, untilAtMs, unit }: PlacedQuery,
): AsyncGenerator<readonly UsageRow[]> {
  let fromAtMs = sinceAtMs;
  while (fromAtMs < untilAtMs) {
    const nextAtMs = Math.min(untilAtMs, fromAtMs - (fromAtMs % DAY_MS) + DAY_MS);
    const range = { sinceAtMs: fromAtMs, untilAtMs: nextAtMs, unit };
    const { rows, refused } = await readUsage(redis, range);
    if (refused > 0) log.warn({ refused }, 'usage in Redis that no service of ours has written');
    yield rows;
    fromAtMs = nextAtMs;
  }
}
