/** What the leader reads from Redis: commands, probe results and outcomes, and the proxies' presence. */
import { type CommandRecord, commandRecordSchema } from '@zephyr/contract/operator-command';
import {
  type OutcomeBatch,
  type OutcomeCounts,
  outcomeBatchSchema,
} from '@zephyr/contract/outcome';
import {
  type PresenceReport,
  type ProxyPresence,
  proxyPresenceSchema,
} from '@zephyr/contract/presence';
import { type ProbeResult, scoredProbeSchema } from '@zephyr/contract/probe';
import type { EpochMs } from '@zephyr/contract/scalars';
import { keys } from '@zephyr/runtime/redis/keys';
import { isProxyId, readPresenceTexts, readStreamPart } from '@zephyr/runtime/redis/proxy-records';
import {
  ENTRIES_AT_ONCE,
  parseEntries,
  type StreamEntry,
} from '@zephyr/runtime/redis/read-streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import type { SetAside } from './batch-health.ts';

/** The last entry that was read of each stream. */
export interface Cursors {
  readonly commands: string;
  readonly probes: string;
  readonly outcomes: string;
}

/** New entries of each stream, and up to where it is read. */
export interface Received {
  readonly commands: readonly StreamEntry<CommandRecord>[];
  readonly probes: readonly StreamEntry<ProbeResult>[];
  readonly outcomes: readonly StreamEntry<OutcomeBatch>[];
  readonly cursors: Cursors;
}

export interface ReadFrom {
  readonly cursors: Cursors;
  /** At most 1.5 s (`createRedis`). Outcomes are read after it. */
  readonly waitMs: number;
  /** Of the configuration: records of other endpoints are dropped. */
  readonly endpointIds: ReadonlySet<string>;
}

/** Of one kind in one report of a second; larger counts are cut. */
const MAX_COUNT = 10_000;

const xreadReply = z.array(z.tuple([z.string(), z.array(z.unknown())])).nullable();

/**
 * Waits up to `waitMs` for something new. The connection is used for nothing else meanwhile.
 */
export async function readStreams(
  blocking: Redis,
  from: ReadFrom,
  setAside: SetAside,
): Promise<Received> {
  const { cursors, waitMs, endpointIds } = from;
  const reply = xreadReply.parse(
    await blocking.xread(
      'COUNT',
      ENTRIES_AT_ONCE,
      'BLOCK',
      // 0 would wait forever.
      Math.max(1, Math.round(waitMs)),
      'STREAMS',
      ...[keys.commands, keys.probes],
      ...[cursors.commands, cursors.probes],
    ),
  );
  const entriesOf = new Map(reply ?? []);
  const commands = entriesOf.get(keys.commands);
  const probes = entriesOf.get(keys.probes);
  const outcomes = await readStreamPart(blocking, {
    ...{
      key: keys.outcomes,
      afterId: cursors.outcomes,
      count: ENTRIES_AT_ONCE,
      tooLarge: 'delete',
    },
  });
  for (const { id, why } of outcomes.skipped) setAside('outcomes', id, why);
  const after = (entries: readonly unknown[] | undefined, before: string) =>
    (entries?.at(-1) as [string] | undefined)?.[0] ?? before;
  const parser = <Value>(kind: 'commands' | 'probes' | 'outcomes', schema: z.ZodType<Value>) => ({
    schema,
    rejected: (id: string, why: string) => setAside(kind, id, why),
  });
  return {
    commands: parseEntries(commands, parser('commands', commandRecordSchema)),
    probes: parseEntries(probes, parser('probes', scoredProbeSchema)).filter(({ value }) =>
      endpointIds.has(value.endpointId),
    ),
    outcomes: parseEntries(outcomes.entries, parser('outcomes', outcomeBatchSchema)).flatMap(
      (entry) => plausible(entry, endpointIds),
    ),
    cursors: {
      commands: after(commands, cursors.commands),
      probes: after(probes, cursors.probes),
      outcomes: outcomes.lastId,
    },
  };
}

/** Only what the configuration knows, and no more than a proxy can have done in a second. */
function plausible(
  entry: StreamEntry<OutcomeBatch>,
  endpointIds: ReadonlySet<string>,
): readonly StreamEntry<OutcomeBatch>[] {
  const { proxyId, endpoints } = entry.value;
  if (!isProxyId(proxyId)) return [];
  const known = Object.entries(endpoints).filter(([id]) => endpointIds.has(id));
  if (known.length === 0) return [];
  const value = {
    proxyId,
    endpoints: Object.fromEntries(known.map(([id, counts]) => [id, atMost(counts)])),
  };
  return [{ ...entry, value }];
}

function atMost({ succeeded, failed, ttft }: OutcomeCounts): OutcomeCounts {
  const counts = Object.entries(failed).map(([failure, n]) => [failure, Math.min(n, MAX_COUNT)]);
  return {
    succeeded: Math.min(succeeded, MAX_COUNT),
    failed: Object.fromEntries(counts),
    ttft,
  };
}

/** The proxies that are there now: each record under its own proxy's key. */
export async function readPresences(
  redis: Redis,
  setAside: SetAside,
): Promise<readonly ProxyPresence[]> {
  const { texts, skipped } = await readPresenceTexts(redis);
  for (const { id, why } of skipped) setAside('presence', id, why);
  return [...texts].flatMap(([id, text]) => {
    try {
      const presence = proxyPresenceSchema.parse(JSON.parse(text));
      if (presence.proxyId === id) return [presence];
      setAside('presence', id, 'names another proxy');
    } catch (error) {
      setAside('presence', id, String(error));
    }
    return [];
  });
}

/** The core's part of a presence: what only people want to know stays out of the recording. */
export function reportOf(presence: ProxyPresence): PresenceReport {
  const { proxyId, status, activeRequests, ejections, sessions } = presence;
  return { proxyId, status, activeRequests, ejections, sessions };
}

/** The clock of Redis in a stream id. */
export function momentOf(streamId: string): EpochMs {
  return Number(streamId.split('-')[0]) as EpochMs;
}

/** Before the first entry of a stream. */
export const STREAM_START = '0-0';
