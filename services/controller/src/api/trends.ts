/** `GET /api/trends`: the last hours or days, from the leader's rollups. */
import { QUERIES } from '@zephyr/contract/api/api-query';
import type { Trends } from '@zephyr/contract/history/rollup';
import {
  DEFAULT_TREND_RANGE,
  TREND_RANGES,
  type TrendRange,
} from '@zephyr/contract/history/trend-range';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { TimeUnit } from '@zephyr/contract/usage/usage';
import type { Logger } from '@zephyr/runtime/logger';
import { readRollups } from '@zephyr/runtime/redis/rollup-store';
import type { Redis } from 'ioredis';

import { trendPointOf } from '../view/rollup.ts';
import { ProblemError } from './problem-error.ts';

const RANGES: Readonly<Record<TrendRange, { readonly unit: TimeUnit; readonly ms: number }>> = {
  '24h': { unit: 'hour', ms: 23 * HOUR_MS },
  '7d': { unit: 'hour', ms: 6 * DAY_MS },
  '30d': { unit: 'day', ms: 29 * DAY_MS },
};

/** @throws ProblemError `invalid_query` */
export function trendRangeOf(query: unknown): TrendRange {
  const params = QUERIES.trends.safeParse(query);
  if (params.success) return params.data.range ?? DEFAULT_TREND_RANGE;
  throw new ProblemError('invalid_query', `range takes ${TREND_RANGES.join(', ')}`);
}

export async function readTrends(
  { redis, log }: { readonly redis: Redis; readonly log: Logger },
  range: TrendRange,
  epochMs: number,
): Promise<Trends> {
  const { unit, ms } = RANGES[range];
  // Days begin at midnight UTC, hours on the hour.
  const stepMs = range === '24h' ? HOUR_MS : DAY_MS;
  const sinceAtMs = Math.floor((epochMs - ms) / stepMs) * stepMs;
  const rollups = await readRollups(redis, { unit, sinceAtMs, untilAtMs: epochMs }, (key, why) =>
    log.warn({ key, why }, 'a rollup was rejected'),
  );
  return { unit, sinceAtMs, untilAtMs: epochMs, points: rollups.map(trendPointOf) };
}
