/** `GET /api/requests`: the log of requests, newest first. */
import { QUERIES, type RequestParams } from '@zephyr/contract/api/api-query';
import { isWanted } from '@zephyr/contract/api/request-filter';
import { LISTED_REQUESTS } from '@zephyr/contract/history/history-size';
import { type RequestRecord, requestRecordSchema } from '@zephyr/contract/usage/usage';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLastPart } from '@zephyr/runtime/redis/proxy-records';
import { parseEntries } from '@zephyr/runtime/redis/read-streams';
import { STREAM_LENGTHS } from '@zephyr/runtime/redis/stream-bounds';
import type { Redis } from 'ioredis';

import { ProblemError } from './problem-error.ts';

/** Entries per read; an entry has about 600 bytes. */
const REQUESTS_AT_ONCE = 500;

/** @throws ProblemError `invalid_query` */
export function requestQueryOf(query: unknown): RequestParams {
  const params = QUERIES.requests.safeParse(query);
  if (params.success) return params.data;
  const [issue] = params.error.issues;
  throw new ProblemError('invalid_query', `${issue?.path.join('.') || 'query'}: ${issue?.message}`);
}

export async function findRequests(
  { redis, log }: { readonly redis: Redis; readonly log: Logger },
  query: RequestParams,
): Promise<readonly RequestRecord[]> {
  const { limit = LISTED_REQUESTS, ...filter } = query;
  const found: RequestRecord[] = [];
  const rejected = (id: string, why: string) =>
    log.warn({ id, why }, 'a request record was rejected');
  let beforeId: string | undefined;
  for (
    let read = 0;
    read < STREAM_LENGTHS.requests && found.length < limit;
    read += REQUESTS_AT_ONCE
  ) {
    const page = await readLastPart(redis, {
      key: keys.requests,
      count: REQUESTS_AT_ONCE,
      beforeId,
    });
    const entries = parseEntries(page, { schema: requestRecordSchema, rejected }).toReversed();
    found.push(...entries.map(({ value }) => value).filter((record) => isWanted(record, filter)));
    const [oldest] = page as readonly (readonly [string])[];
    if (oldest === undefined || page.length < REQUESTS_AT_ONCE) break;
    [beforeId] = oldest;
  }
  return found.slice(0, limit);
}
