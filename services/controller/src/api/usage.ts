/** `GET /api/usage`: who used what, from the ledger in Redis. */
import { DEFAULT_USAGE_BY, DEFAULT_USAGE_SINCE, QUERIES } from '@zephyr/contract/api/api-query';
import { DAY_MS } from '@zephyr/contract/units';
import {
  type TimeUnit,
  USAGE_DIMENSIONS,
  type UsageLine,
  type UsageRow,
} from '@zephyr/contract/usage/usage';
import {
  dayOf,
  USAGE_CSV_HEAD,
  type UsageQuery,
  UsageSum,
  usageCsvLines,
  usagePeriod,
  usageReport,
} from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { readUsage, usageRemovedBefore } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { ProblemError } from './problem-error.ts';

const dimensions = z.array(z.enum(USAGE_DIMENSIONS));

interface PlacedQuery extends UsageQuery {
  readonly unit: TimeUnit;
}

/** @throws ProblemError `invalid_query` */
export function usageQueryOf(query: unknown, epochMs: number): PlacedQuery {
  const params = QUERIES.usage.safeParse(query);
  if (!params.success) throw new ProblemError('invalid_query', 'expected by, since and until only');
  const { by = DEFAULT_USAGE_BY, since = DEFAULT_USAGE_SINCE, until } = params.data;
  const wanted = dimensions.safeParse(by === '' ? [] : by.split(','));
  if (!wanted.success) {
    throw new ProblemError('invalid_query', `by takes ${USAGE_DIMENSIONS.join(', ')}`);
  }
  const period = usagePeriod({ since, until, epochMs, isHourly: wanted.data.includes('hour') });
  if (period.status === 'rejected') throw new ProblemError('invalid_query', period.why);
  return { by: wanted.data, ...period };
}

/** Cuts the period if its oldest hours or days were removed, so that a partial sum never looks complete. */
export async function withoutRemoved(redis: Redis, query: PlacedQuery): Promise<PlacedQuery> {
  const removedBeforeMs = await usageRemovedBefore(redis, query.unit);
  if (removedBeforeMs === undefined || removedBeforeMs <= query.sinceAtMs) return query;
  const sinceAtMs = Math.min(removedBeforeMs, query.untilAtMs);
  return { ...query, sinceAtMs, removedBeforeMs };
}

/** Rows of a few hundred bytes each. */
const ROWS_AT_ONCE = 1_000;

interface UsageDeps {
  readonly redis: Redis;
  readonly log: Logger;
}

/**
 * Yields the report in pieces, never all in memory: one year of a thousand people is 300 MB, and the leader
 * has other work while it is read. The first piece holds the data that Redis returned.
 */
export function reportParts(deps: UsageDeps, query: PlacedQuery): AsyncGenerator<string> {
  const total = new UsageSum({ ...query, by: [] });
  const { since, until, removed_before } = total.report();
  const start = `${JSON.stringify({ since, until, removed_before }).slice(0, -1)},"rows":[`;
  let before = '\n';
  return framed(partsOfRows(deps, query, total), {
    start,
    textOf: (rows) => {
      if (rows.length === 0) return '';
      const text = before + rows.map((row) => JSON.stringify(row)).join(',\n');
      before = ',\n';
      return text;
    },
    end: () => `\n],"total":${JSON.stringify(total.report().total)}}\n`,
  });
}

/** Yields the same rows as CSV. */
export function csvParts(deps: UsageDeps, query: PlacedQuery): AsyncGenerator<string> {
  const frame = { start: USAGE_CSV_HEAD, textOf: usageCsvLines, end: () => '' };
  return framed(partsOfRows(deps, query), frame);
}

interface Frame {
  readonly start: string;
  readonly textOf: (rows: readonly UsageLine[]) => string;
  readonly end: () => string;
}

async function* framed(
  parts: AsyncIterable<readonly UsageLine[]>,
  { start, textOf, end }: Frame,
): AsyncGenerator<string> {
  let before = start;
  for await (const rows of parts) {
    yield before + textOf(rows);
    before = '';
  }
  yield before + end();
}

async function* partsOfRows(
  deps: UsageDeps,
  query: PlacedQuery,
  total?: UsageSum,
): AsyncGenerator<readonly UsageLine[]> {
  const isWhole = !isByTime(query);
  const whole = new UsageSum(query);
  for await (const day of rowsByDay(deps, query)) {
    total?.add(day);
    if (isWhole) whole.add(day);
    else yield usageReport(day, query).rows;
  }
  const { rows } = whole.report();
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield rows.slice(at, at + ROWS_AT_ONCE);
}

/** If so, each day has its own rows, in chronological order. */
function isByTime({ by }: PlacedQuery): boolean {
  return by.includes('day') || by.includes('hour');
}

async function* rowsByDay(
  { redis, log }: UsageDeps,
  { sinceAtMs, untilAtMs, unit }: PlacedQuery,
): AsyncGenerator<readonly UsageRow[]> {
  let fromAtMs = sinceAtMs;
  while (fromAtMs < untilAtMs) {
    const nextAtMs = Math.min(untilAtMs, dayOf(fromAtMs) + DAY_MS);
    const range = { sinceAtMs: fromAtMs, untilAtMs: nextAtMs, unit };
    const { rows, rejected } = await readUsage(redis, range);
    if (rejected > 0)
      log.warn({ rejected }, 'usage in Redis has records that no service of ours wrote');
    yield rows;
    fromAtMs = nextAtMs;
  }
}
