/** What the leader hears: streams of probes, outcomes and commands, and the proxies' presence. */
import type { EpochMs, OutcomeBatch, PresenceReport, ProbeResult } from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { type CommandRecord, commandRecordSchema } from '@zephyr/runtime/redis/commands';
import { keys } from '@zephyr/runtime/redis/keys';
import {
  outcomeBatchSchema,
  type ProxyPresence,
  probeResultSchema,
  proxyPresenceSchema,
} from '@zephyr/runtime/redis/records';
import { parseEntries, type StreamEntry } from '@zephyr/runtime/redis/streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** The last entry that was read of each stream. */
export interface Cursors {
  readonly commands: string;
  readonly probes: string;
  readonly outcomes: string;
}

export interface Heard {
  readonly commands: readonly StreamEntry<CommandRecord>[];
  readonly probes: readonly StreamEntry<ProbeResult>[];
  readonly outcomes: readonly StreamEntry<OutcomeBatch>[];
  readonly cursors: Cursors;
}

/** Well below the time after which a command of this client counts as lost. */
const LONGEST_WAIT_MS = 500;
/** Entries of one stream that are read at once; the rest comes with the next call. */
const BATCH = 200;

const xreadReply = z.array(z.tuple([z.string(), z.array(z.unknown())])).nullable();

/** Waits up to `waitMs`, or half a second, for something new. The connection is used for nothing else meanwhile. */
export async function hear(
  blocking: Redis,
  from: { readonly cursors: Cursors; readonly waitMs: number },
  log: Logger,
): Promise<Heard> {
  const { cursors, waitMs } = from;
  const reply = xreadReply.parse(
    await blocking.xread(
      'COUNT',
      BATCH,
      'BLOCK',
      // 0 would wait for ever.
      Math.max(1, Math.min(LONGEST_WAIT_MS, Math.round(waitMs))),
      'STREAMS',
      ...[keys.commands, keys.probes, keys.outcomes],
      ...[cursors.commands, cursors.probes, cursors.outcomes],
    ),
  );
  const entriesOf = new Map(reply ?? []);
  const read = <Value>(key: string, schema: z.ZodType<Value>) =>
    parseEntries(entriesOf.get(key), {
      schema,
      refused: (id, why) => log.warn({ key, id, why }, 'a record was refused'),
    });
  const after = (key: string, before: string) =>
    (entriesOf.get(key)?.at(-1) as [string] | undefined)?.[0] ?? before;
  return {
    commands: read(keys.commands, commandRecordSchema),
    probes: read(keys.probes, probeResultSchema),
    outcomes: read(keys.outcomes, outcomeBatchSchema),
    cursors: {
      commands: after(keys.commands, cursors.commands),
      probes: after(keys.probes, cursors.probes),
      outcomes: after(keys.outcomes, cursors.outcomes),
    },
  };
}

/** The proxies that are there now; ids whose record has expired are taken off the list. */
export async function readPresences(redis: Redis, log: Logger): Promise<readonly ProxyPresence[]> {
  const ids = await redis.smembers(keys.proxies);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => keys.proxy(id)));
  const gone = ids.filter((_, index) => texts[index] === null);
  if (gone.length > 0) await redis.srem(keys.proxies, ...gone);
  return texts.flatMap((text) => {
    if (text === null) return [];
    try {
      return [proxyPresenceSchema.parse(JSON.parse(text))];
    } catch (error) {
      log.warn({ reason: String(error).slice(0, 300) }, 'a presence record was refused');
      return [];
    }
  });
}

/** What the core hears of a proxy: what only people want to know stays out of the recording. */
export function reportOf(presence: ProxyPresence): PresenceReport {
  const { proxyId, status, activeRequests, ejections, sessions } = presence;
  return { proxyId, status, activeRequests, ejections, sessions };
}

/** The clock of Redis in a stream id. */
export function momentOf(streamId: string): EpochMs {
  return Number(streamId.split('-')[0]) as EpochMs;
}
