/** The leader's input from Redis: commands, probe results, outcomes, and the proxies' presence. */
import { type CommandRecord, commandRecordSchema } from '@zephyr/contract/operate/operator-command';
import { type ProbeResult, scoredProbeSchema } from '@zephyr/contract/probe/probe';
import {
  type OutcomeBatch,
  type OutcomeCounts,
  outcomeBatchSchema,
} from '@zephyr/contract/route/outcome';
import {
  type PresenceReport,
  type ProxyPresence,
  proxyPresenceSchema,
} from '@zephyr/contract/route/presence';
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

/** The last entry read from each stream. */
export interface Cursors {
  readonly commands: string;
  readonly probes: string;
  readonly outcomes: string;
}

/** New entries of each stream, and the read position after them. */
export interface Received {
  readonly commands: readonly StreamEntry<CommandRecord>[];
  readonly probes: readonly StreamEntry<ProbeResult>[];
  readonly outcomes: readonly StreamEntry<OutcomeBatch>[];
  readonly cursors: Cursors;
}

export interface ReadFrom {
  readonly cursors: Cursors;
  /** At most 2 s (`createRedis`). Outcomes are read afterwards. */
  readonly waitMs: number;
  /** The configured endpoints: records of others are dropped. */
  readonly endpointIds: ReadonlySet<string>;
}

/** Per kind in one report of a second; larger counts are cut. */
const MAX_COUNT = 10_000;

const xreadReply = z.array(z.tuple([z.string(), z.array(z.unknown())])).nullable();

/**
 * Waits up to `waitMs` for new entries. The connection must not be used for anything else meanwhile: Redis
 * reads the outcomes once the wait has ended, and both replies arrive together.
 */
export async function readStreams(
  blocking: Redis,
  from: ReadFrom,
  setAside: SetAside,
): Promise<Received> {
  const { cursors, waitMs, endpointIds } = from;
  const [reply, outcomes] = await Promise.all([
    blocking.xread(
      'COUNT',
      ENTRIES_AT_ONCE,
      'BLOCK',
      // 0 would block forever.
      Math.max(1, Math.round(waitMs)),
      'STREAMS',
      ...[keys.commands, keys.probes],
      ...[cursors.commands, cursors.probes],
    ),
    readStreamPart(blocking, {
      key: keys.outcomes,
      afterId: cursors.outcomes,
      count: ENTRIES_AT_ONCE,
      tooLarge: 'delete',
    }),
  ]);
  const entriesOf = new Map(xreadReply.parse(reply) ?? []);
  const commands = entriesOf.get(keys.commands);
  const probes = entriesOf.get(keys.probes);
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

/** Keeps only configured endpoints, and no more than a proxy can do in a second. */
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

/** The proxies that are present now, each record under its own proxy's key. */
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

/** The core's part of a presence: data meant only for people stays out of the recording. */
export function reportOf(presence: ProxyPresence): PresenceReport {
  const { proxyId, status, activeRequests, ejections, sessions } = presence;
  return { proxyId, status, activeRequests, ejections, sessions };
}

/** The timestamp in a stream id, by Redis' clock. */
export function streamMoment(streamId: string): EpochMs {
  return Number(streamId.split('-')[0]) as EpochMs;
}

/** Before the first entry of a stream. */
export const STREAM_START = '0-0';
