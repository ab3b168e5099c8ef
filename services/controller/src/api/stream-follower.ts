/**
 * Follows what the leader writes: the event log, the audit stream and the measurements shown in the charts.
 * One reader for the whole process, active while it has followers; after an outage of Redis it resumes where
 * it was.
 *
 *     idle --(the first follower)--> starting --(cursors read)--> reading
 *     starting | reading --(the last follower has left)--> idle
 */
import { EventEmitter, once } from 'node:events';

import type { ApiLogEntry, ApiSample } from '@zephyr/contract/api/api-history';
import { type AuditRecord, auditRecordSchema } from '@zephyr/contract/operate/operator-command';
import { scoredProbeSchema } from '@zephyr/contract/probe/probe';
import { outcomeBatchSchema } from '@zephyr/contract/route/outcome';
import { type RequestRecord, requestRecordSchema } from '@zephyr/contract/usage/usage';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLastId, readStreamPart } from '@zephyr/runtime/redis/proxy-records';
import {
  ENTRIES_AT_ONCE,
  parseEntries,
  type StreamEntry,
} from '@zephyr/runtime/redis/read-streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { logEntryOf, newLogEntrySchema } from './log-entry.ts';
import { liveSamples, probeSample } from './samples.ts';

interface TailEvents {
  log: [ApiLogEntry];
  sample: [ApiSample];
  audit: [StreamEntry<AuditRecord>];
  request: [RequestRecord];
}

export interface Tail {
  readonly events: EventEmitter<TailEvents>;
  /** Add the listeners before calling it. */
  follow(): Following;
  stop(): void;
}

export interface Following {
  /** Resolves once no entry written from now on can be missed. */
  readonly started: Promise<void>;
  end(): void;
}

/** How long to wait until following has started: while Redis is away, it never does. */
export const FOLLOWING_TIMEOUT_MS = 2_000;
/** Less than the time after which a command counts as lost. */
const BLOCK_TIMEOUT_MS = 500;
const RETRY_INTERVAL_MS = 500;
const STREAMS = [keys.log, keys.audit, keys.probes] as const;

const xreadReply = z.array(z.tuple([z.string(), z.array(z.unknown())])).nullable();

export function startTail(target: RedisTarget, log: Logger, clock: Clock): Tail {
  const redis = createRedis(target, log, 'waiting');
  const tail = new StreamTail(redis, log, clock);
  void tail.run();
  return {
    events: tail.events,
    follow: () => tail.follow(),
    stop: () => {
      tail.stop();
      redis.disconnect();
    },
  };
}

class StreamTail {
  readonly events = new EventEmitter<TailEvents>();
  readonly #redis: Redis;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #followers = 0;
  #firstFollower = Promise.withResolvers<void>();
  #started = Promise.withResolvers<void>();
  /** The last entry read from each stream. */
  readonly #cursors = new Map<string, string>();

  constructor(redis: Redis, log: Logger, clock: Clock) {
    this.#redis = redis;
    this.#log = log;
    this.#clock = clock;
    // Each event stream of the API adds a listener.
    this.events.setMaxListeners(0);
  }

  follow(): Following {
    this.#followers += 1;
    this.#firstFollower.resolve();
    const end = (): void => {
      this.#followers -= 1;
    };
    return { started: this.#started.promise, end };
  }

  stop(): void {
    this.#stopping.abort();
    this.#firstFollower.resolve();
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    await once(this.#redis, 'ready', { signal }).catch(() => undefined);
    while (!signal.aborted) {
      if (this.#followers === 0) await this.#idle();
      if (signal.aborted) return;
      await this.#read().catch(async (error: unknown) => {
        this.#log.debug({ reason: messageOf(error) }, 'following the streams failed');
        await pause(this.#clock, RETRY_INTERVAL_MS, signal);
      });
    }
  }

  /** Waits for a follower. Entries written in the meantime become history. */
  async #idle(): Promise<void> {
    this.#cursors.clear();
    this.#started = Promise.withResolvers();
    this.#firstFollower = Promise.withResolvers();
    await this.#firstFollower.promise;
  }

  async #read(): Promise<void> {
    const outcomesCursor = await this.#startCursors();
    const requestCursor = await this.#requestCursor();
    this.#started.resolve();
    const ids = STREAMS.map((key) => this.#cursors.get(key) ?? '0-0');
    const args = ['STREAMS', ...STREAMS, ...ids] as const;
    const reply = await this.#redis.xread(
      'COUNT',
      ENTRIES_AT_ONCE,
      'BLOCK',
      BLOCK_TIMEOUT_MS,
      ...args,
    );
    for (const [key, entries] of xreadReply.parse(reply) ?? []) {
      const last = (entries.at(-1) as [string] | undefined)?.[0];
      if (last !== undefined) this.#cursors.set(key, last);
      this.#emit(key, entries);
    }
    await this.#readOutcomes(outcomesCursor);
    if (requestCursor !== undefined) await this.#readRequests(requestCursor);
  }

  /** Returns undefined if nobody listens for requests: there may be many, so they are read only on demand. */
  async #requestCursor(): Promise<string | undefined> {
    const key = keys.requests;
    if (this.events.listenerCount('request') === 0) {
      this.#cursors.delete(key);
      return undefined;
    }
    const cursor = this.#cursors.get(key) ?? (await readLastId(this.#redis, key));
    this.#cursors.set(key, cursor);
    return cursor;
  }

  /**
   * Entries written before the first read are history, and are read as such. Returns the cursor for outcomes.
   */
  async #startCursors(): Promise<string> {
    for (const key of STREAMS) {
      if (this.#cursors.has(key)) continue;
      const [last] = await this.#redis.xrevrange(key, '+', '-', 'COUNT', 1);
      this.#cursors.set(key, last?.[0] ?? '0-0');
    }
    const outcomes =
      this.#cursors.get(keys.outcomes) ?? (await readLastId(this.#redis, keys.outcomes));
    this.#cursors.set(keys.outcomes, outcomes);
    return outcomes;
  }

  /** Written by proxies, so reads are bounded. */
  async #readOutcomes(afterId: string): Promise<void> {
    const from = {
      key: keys.outcomes,
      afterId,
      count: ENTRIES_AT_ONCE,
      tooLarge: 'leave',
    } as const;
    const part = await readStreamPart(this.#redis, from);
    this.#cursors.set(keys.outcomes, part.lastId);
    const batches = this.#parse(part.entries, outcomeBatchSchema);
    for (const sample of batches.flatMap(liveSamples)) this.events.emit('sample', sample);
  }

  /** Written by proxies, too. */
  async #readRequests(afterId: string): Promise<void> {
    const key = keys.requests;
    const from = { key, afterId, count: ENTRIES_AT_ONCE, tooLarge: 'leave' } as const;
    const part = await readStreamPart(this.#redis, from);
    this.#cursors.set(key, part.lastId);
    for (const { value } of this.#parse(part.entries, requestRecordSchema)) {
      this.events.emit('request', value);
    }
  }

  #emit(key: string, entries: unknown): void {
    if (key === keys.log) {
      for (const entry of this.#parse(entries, newLogEntrySchema)) {
        this.events.emit('log', logEntryOf(entry));
      }
    } else if (key === keys.audit) {
      for (const entry of this.#parse(entries, auditRecordSchema)) this.events.emit('audit', entry);
    } else if (key === keys.probes) {
      for (const entry of this.#parse(entries, scoredProbeSchema)) {
        this.events.emit('sample', probeSample(entry));
      }
    }
  }

  #parse<Value>(entries: unknown, schema: z.ZodType<Value>): readonly StreamEntry<Value>[] {
    const rejected = (id: string, why: string) =>
      this.#log.warn({ id, why }, 'a stream entry was rejected');
    return parseEntries(entries, { schema, rejected });
  }
}
