/** `GET /api/requests`: the log of requests, newest first. */
import { type RequestRecord, requestRecordSchema } from '@zephyr/contract/usage';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLastPart } from '@zephyr/runtime/redis/proxy-records';
import { parseEntries } from '@zephyr/runtime/redis/read-streams';
import { KEPT_REQUESTS } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { ProblemError } from './problem.ts';

const MAX_LISTED = 1_000;
/** Read at once; an entry has some 600 bytes. */
const REQUESTS_AT_ONCE = 500;

export const requestParams = z.strictObject({
  person: z.string().max(64).optional().meta({ description: 'Of this person only' }),
  failed: z.enum(['true', 'false']).optional().meta({ description: 'Only those that failed' }),
  id: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'The id of one request: ours, or that of the endpoint' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LISTED)
    .optional()
    .meta({ description: `At most so many, up to ${MAX_LISTED}. Default: 100` }),
});

type RequestQuery = z.infer<typeof requestParams>;

/** @throws ProblemError `invalid_query` */
export function requestQueryOf(query: unknown): RequestQuery {
  const params = requestParams.safeParse(query);
  if (params.success) return params.data;
  const [issue] = params.error.issues;
  throw new ProblemError('invalid_query', `${issue?.path.join('.') || 'query'}: ${issue?.message}`);
}

export async function findRequests(
  { redis, log }: { readonly redis: Redis; readonly log: Logger },
  query: RequestQuery,
): Promise<readonly RequestRecord[]> {
  const { limit = 100 } = query;
  const found: RequestRecord[] = [];
  const rejected = (id: string, why: string) =>
    log.warn({ id, why }, 'a request record was rejected');
  let beforeId: string | undefined;
  for (let read = 0; read < KEPT_REQUESTS && found.length < limit; read += REQUESTS_AT_ONCE) {
    const page = await readLastPart(redis, {
      key: keys.requests,
      count: REQUESTS_AT_ONCE,
      beforeId,
    });
    const entries = parseEntries(page, { schema: requestRecordSchema, rejected }).toReversed();
    found.push(...entries.map(({ value }) => value).filter((record) => isWanted(record, query)));
    const [oldest] = page as readonly (readonly [string])[];
    if (oldest === undefined || page.length < REQUESTS_AT_ONCE) break;
    [beforeId] = oldest;
  }
  return found.slice(0, limit);
}

function isWanted(record: RequestRecord, { person, failed, id }: RequestQuery): boolean {
  if (person !== undefined && record.person !== person) return false;
  if (failed === 'true' && !hasFailed(record)) return false;
  return id === undefined || record.id === id || record.endpointRequestId === id;
}

/** As the ledger counts it. */
function hasFailed({ outcome }: RequestRecord): boolean {
  return outcome !== 'ok' && outcome !== 'client_gone';
}
