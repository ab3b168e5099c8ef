/** `GET /api/usage`: who used what, from the ledger in Redis. */
import { USAGE_DIMENSIONS, type UsageReport } from '@zephyr/contract/usage';
import { type UsageQuery, usagePeriod, usageReport } from '@zephyr/core';
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

export async function readReport(
  { redis, log }: { readonly redis: Redis; readonly log: Logger },
  query: PlacedQuery,
): Promise<UsageReport> {
  const { rows, refused } = await readUsage(redis, query);
  if (refused > 0) log.warn({ refused }, 'usage in Redis that no service of ours has written');
  return usageReport(rows, query);
}
