/**
 * Follows what the leader writes: the event log and the audit stream, and the measurements that
 * the charts show. One reader for the whole process; it waits for Redis to come back and then goes
 * on where it was.
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api-history';
import { type AuditRecord, auditRecordSchema } from '@zephyr/contract/command';
import { outcomeBatchSchema } from '@zephyr/contract/outcome';
import { scoredProbeSchema } from '@zephyr/contract/probe';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { readLastId, readStreamPart } from '@zephyr/runtime/redis/bounded';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { parseEntries, type StreamEntry } from '@zephyr/runtime/redis/streams';
import { z } from 'zod';

import { logEntryOf, newLogEntrySchema } from './log-entry.ts';
import { liveSamples, probeSample } from './samples.ts';

interface TailEvents {
  log: [ApiLogEntry];
  sample: [ApiSample];
  audit: [StreamEntry<AuditRecord>];
}

export interface Tail {
  readonly events: EventEmitter<TailEvents>;
  /** Resolves when nothing that is written from now on can be missed. */
  readonly listening: Promise<void>;
  stop(): void;
}

/** Below the time after which a command counts as lost. */
const WAIT_MS = 500;
const RETRY_MS = 500;
const STREAMS = [keys.log, keys.audit, keys.probes] as const;
/** Entries that are read at once. */
const BATCH = 200;

const xreadReply = z.array(z.tuple([z.string(), z.array(z.unknown())])).nullable();

export function startTail(target: RedisTarget, log: Logger): Tail {
  const redis = createRedis(target, log, 'command');
  const events = new EventEmitter<TailEvents>();
  // Each event stream of the API listens.
  events.setMaxListeners(0);
  const stopping = new AbortController();
  const cursors = new Map<string, string>();
  const refused = (id: string, why: string) => log.warn({ id, why }, 'a stream entry was refused');

  const parse = <Value>(entries: unknown, schema: z.ZodType<Value>) =>
    parseEntries(entries, { schema, refused });
  const emitters: Readonly<Record<string, (entries: unknown) => void>> = {
    [keys.log]: (entries) => {
      for (const entry of parse(entries, newLogEntrySchema)) events.emit('log', logEntryOf(entry));
    },
    [keys.audit]: (entries) => {
      for (const entry of parse(entries, auditRecordSchema)) events.emit('audit', entry);
    },
    [keys.probes]: (entries) => {
      for (const entry of parse(entries, scoredProbeSchema)) {
        events.emit('sample', probeSample(entry));
      }
    },
  };

  let nowListening = () => {};
  const listening = new Promise<void>((resolve) => {
    nowListening = resolve;
  });
  /** Proxies write them: nothing of them is read unbounded. */
  const readOutcomes = async (afterId: string) => {
    const from = { key: keys.outcomes, afterId, count: BATCH, tooLarge: 'leave' } as const;
    const part = await readStreamPart(redis, from);
    cursors.set(keys.outcomes, part.lastId);
    for (const sample of parse(part.entries, outcomeBatchSchema).flatMap(liveSamples)) {
      events.emit('sample', sample);
    }
  };
  const read = async () => {
    for (const key of STREAMS) {
      if (cursors.has(key)) continue;
      const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
      cursors.set(key, last?.[0] ?? '0-0');
    }
    const outcomesCursor = cursors.get(keys.outcomes) ?? (await readLastId(redis, keys.outcomes));
    cursors.set(keys.outcomes, outcomesCursor);
    nowListening();
    const ids = STREAMS.map((key) => cursors.get(key) ?? '0-0');
    const reply = await redis.xread(
      'COUNT',
      BATCH,
      'BLOCK',
      WAIT_MS,
      'STREAMS',
      ...STREAMS,
      ...ids,
    );
    for (const [key, entries] of xreadReply.parse(reply) ?? []) {
      const last = (entries.at(-1) as [string] | undefined)?.[0];
      if (last !== undefined) cursors.set(key, last);
      emitters[key]?.(entries);
    }
    await readOutcomes(outcomesCursor);
  };

  const run = async () => {
    await once(redis, 'ready', { signal: stopping.signal }).catch(() => undefined);
    while (!stopping.signal.aborted) {
      await read().catch(async (error: unknown) => {
        log.debug({ reason: messageOf(error) }, 'following the streams failed');
        await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      });
    }
  };
  void run();
  return {
    events,
    listening,
    stop: () => {
      stopping.abort();
      redis.disconnect();
    },
  };
}
