/** Initial data of a view: chart samples, event log, latest decisions. */
import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import { type Decision, decisionSchema } from '@zephyr/contract/decide/decision';
import { LOG_ENTRIES, SAMPLES_PER_ENDPOINT } from '@zephyr/contract/history/history-size';
import { scoredProbeSchema } from '@zephyr/contract/probe/probe';
import { outcomeBatchSchema } from '@zephyr/contract/route/outcome';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLastPart } from '@zephyr/runtime/redis/proxy-records';
import { parseEntries, readLast, type StreamEntry } from '@zephyr/runtime/redis/read-streams';
import type { Redis } from 'ioredis';
import type { z } from 'zod';

import { logEntryOf, newLogEntrySchema } from './log-entry.ts';
import { liveSamples, probeSample } from './samples.ts';

const STREAM_ENTRIES = 2_000;
const DECISIONS = 200;

interface HistoryDeps {
  readonly redis: Redis;
  readonly log: Logger;
}

export interface History {
  readonly samples: readonly ApiSample[];
  readonly log: readonly ApiLogEntry[];
}

export async function readHistory(deps: HistoryDeps): Promise<History> {
  const [probes, outcomes, log] = await Promise.all([
    lastOf(deps, { key: keys.probes, count: STREAM_ENTRIES }, scoredProbeSchema),
    lastOutcomes(deps),
    lastOf(deps, { key: keys.log, count: LOG_ENTRIES }, newLogEntrySchema),
  ]);
  const samples = [...probes.map(probeSample), ...outcomes.flatMap(liveSamples)];
  return {
    samples: boundedByEndpoint(samples.toSorted((a, b) => a.atMs - b.atMs)),
    log: log.map(logEntryOf),
  };
}

function boundedByEndpoint(samples: readonly ApiSample[]): readonly ApiSample[] {
  const counts = new Map<string, number>();
  const newest = samples.toReversed().filter(({ endpointId }) => {
    const count = (counts.get(endpointId) ?? 0) + 1;
    counts.set(endpointId, count);
    return count <= SAMPLES_PER_ENDPOINT;
  });
  return newest.toReversed();
}

/** Returns the entries after `lastId`; undefined if it is no longer stored or too far back. */
export async function readLogAfter(
  { redis, log }: HistoryDeps,
  lastId: string,
): Promise<readonly ApiLogEntry[] | undefined> {
  if (!/^\d{1,15}-\d{1,15}$/.test(lastId)) return undefined;
  const reply = await redis.xrange(keys.log, lastId, '+', 'COUNT', LOG_ENTRIES + 2);
  // The entry itself must still exist; otherwise later ones may be gone as well.
  if (reply[0]?.[0] !== lastId) return undefined;
  // More entries than one history holds would leave a gap.
  if (reply.length > LOG_ENTRIES + 1) return undefined;
  return parseEntries(reply.slice(1), { schema: newLogEntrySchema, rejected: rejectedBy(log) }).map(
    logEntryOf,
  );
}

/** Newest first, with their inputs. */
export async function readDecisions(deps: HistoryDeps): Promise<readonly Decision[]> {
  const decisions = await lastOf(deps, { key: keys.decisions, count: DECISIONS }, decisionSchema);
  return decisions.map(({ value }) => value).toReversed();
}

/** Written by proxies, so not trusted. */
async function lastOutcomes({ redis, log }: HistoryDeps) {
  const entries = await readLastPart(redis, { key: keys.outcomes, count: STREAM_ENTRIES });
  return parseEntries(entries, { schema: outcomeBatchSchema, rejected: rejectedBy(log) });
}

function lastOf<Value>(
  { redis, log }: HistoryDeps,
  stream: { readonly key: string; readonly count: number },
  schema: z.ZodType<Value>,
): Promise<readonly StreamEntry<Value>[]> {
  return readLast(redis, stream, { schema, rejected: rejectedBy(log) });
}

const rejectedBy = (log: Logger) => (id: string, why: string) =>
  log.warn({ id, why }, 'a stream entry was rejected');
