/** The initial state of a new leader. */
import { wishesSchema } from '@zephyr/contract/operate/operator-command';
import { scoredProbeSchema } from '@zephyr/contract/probe/probe';
import { type RoutingSnapshot, snapshotSchema } from '@zephyr/contract/route/snapshot';
import type { EpochMs } from '@zephyr/contract/scalars';
import { type EndpointState, initialWorld, own, reduce, type World } from '@zephyr/core';
import type { Config } from '@zephyr/runtime/config/config';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { readLastId } from '@zephyr/runtime/redis/proxy-records';
import { readLast } from '@zephyr/runtime/redis/read-streams';
import { readRollups } from '@zephyr/runtime/redis/rollup-store';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { NOTHING_ROLLED_UP, type Rollups, withRolledUp } from '../view/rollup.ts';
import { NO_STATISTICS } from '../view/statistics.ts';
import { coreConfigOf } from './core-config.ts';
import { type LeaderState, readCheckpoint } from './leader-state.ts';
import { STREAM_START, streamMoment } from './streams.ts';

export interface RestoreDeps {
  readonly redis: Redis;
  readonly config: Config;
  readonly log: Logger;
  readonly epochMs: () => EpochMs;
  /** The newest state seen by this process: all that remains if Redis lost its data. */
  readonly remembered: LeaderState | undefined;
}

export interface Restored {
  readonly state: LeaderState;
  /** The snapshot in Redis. */
  readonly snapshot: RoutingSnapshot | undefined;
  /** Whether the state is exactly what the last leader committed. */
  readonly isContinuation: boolean;
}

export async function restore(deps: RestoreDeps): Promise<Restored> {
  const { redis, log, remembered } = deps;
  const snapshot = await readRecord(deps, keys.snapshot, snapshotSchema);
  const stored = await readCheckpoint(redis);
  if (stored.status === 'read') return { state: stored.state, snapshot, isContinuation: true };
  if (stored.status === 'none' && remembered !== undefined) {
    log.warn('redis has lost its data: resuming from memory');
    return { state: afterDataLoss(remembered), snapshot, isContinuation: false };
  }
  if (stored.status === 'unreadable') {
    log.warn('the checkpoint has another version: rebuilding from wishes, snapshot and probes');
  }
  return { state: await rebuild(deps, snapshot), snapshot, isContinuation: false };
}

/** The streams and the snapshot are gone as well, so nothing in the new ones has been read. */
function afterDataLoss({ world, statistics }: LeaderState): LeaderState {
  const unpublished: World = { ...world, published: { status: 'never' } };
  const cursors = { commands: STREAM_START, probes: STREAM_START, outcomes: STREAM_START };
  return { world: unpublished, statistics, cursors, budgetWarnings: [] };
}

/** Number of probes replayed into a rebuilt state: an hour of ten endpoints. */
const PROBES_TO_REPLAY = 600;

async function rebuild(
  deps: RestoreDeps,
  snapshot: RoutingSnapshot | undefined,
): Promise<LeaderState> {
  const { redis, config, epochMs } = deps;
  const probes = await probesToReplay(deps);
  const { groups, endpoints, policy } = coreConfigOf(config);
  const start = initialWorld({
    ...{ groups, endpoints, wishes: await readRecord(deps, keys.operator, wishesSchema) },
    atMs: probes[0] === undefined ? epochMs() : streamMoment(probes[0].id),
    decisions: await lastDecisionNumber(redis),
  });
  // Only the measurements count: the decisions based on them were made when they were new.
  const measured = probes.reduce(
    (before, { id, value }) =>
      reduce(before, { atMs: streamMoment(id), event: { kind: 'probe', result: value } }, policy)
        .next,
    start,
  );
  return {
    world: {
      ...measured,
      endpoints: measured.endpoints.map((endpoint) => withNumbers(endpoint, snapshot)),
      selection: snapshot?.selection ?? start.selection,
      switching: start.switching,
      decisions: start.decisions,
      published: start.published,
    },
    statistics: { ...NO_STATISTICS, rollups: await readPresentRollups(deps) },
    budgetWarnings: [],
    cursors: {
      commands: await lastIdOf(redis, keys.commands),
      outcomes: await readLastId(redis, keys.outcomes),
      probes: probes.at(-1)?.id ?? STREAM_START,
    },
  };
}

/**
 * The last probes, from the first one after any that cannot be read: another revision's passes may be
 * unreadable and its failures not, and half of the truth is worse than none.
 */
async function probesToReplay({ redis, log }: RestoreDeps) {
  let rejectedUntilAtMs = 0;
  const probes = await readLast(
    redis,
    { key: keys.probes, count: PROBES_TO_REPLAY },
    {
      schema: scoredProbeSchema,
      rejected: (id, why) => {
        rejectedUntilAtMs = Math.max(rejectedUntilAtMs, streamMoment(id));
        log.warn({ id, why }, 'rejected');
      },
    },
  );
  return probes.filter(({ id }) => streamMoment(id) > rejectedUntilAtMs);
}

/** Reads the last leader's rollups of this hour and this day, to continue them. */
async function readPresentRollups({ redis, log, epochMs }: RestoreDeps): Promise<Rollups | null> {
  const atMs = epochMs();
  const range = { sinceAtMs: atMs, untilAtMs: atMs };
  const rejected = (key: string, why: string) => log.warn({ key, why }, 'a rollup was rejected');
  const [hour] = await readRollups(redis, { ...range, unit: 'hour' }, rejected);
  const [day] = await readRollups(redis, { ...range, unit: 'day' }, rejected);
  if (hour === undefined && day === undefined) return null;
  const empty = withRolledUp(null, NOTHING_ROLLED_UP, atMs);
  return { atMs, hour: hour ?? empty.hour, day: day ?? empty.day };
}

/** Proxies compare these numbers with those that they have seen, so they must not fall. */
function withNumbers(
  endpoint: EndpointState,
  snapshot: RoutingSnapshot | undefined,
): EndpointState {
  const { recoveries = 0, sessionGeneration = 0 } =
    own(snapshot?.endpoints ?? {}, endpoint.id) ?? {};
  return {
    ...endpoint,
    sessionGeneration,
    recovery: { ...endpoint.recovery, count: recoveries },
  };
}

async function lastDecisionNumber(redis: Redis): Promise<number | undefined> {
  const decisions = await readLast(
    redis,
    { key: keys.decisions, count: 1 },
    { schema: z.object({ number: z.number() }), rejected: () => undefined },
  );
  return decisions[0]?.value.number;
}

async function lastIdOf(redis: Redis, key: string): Promise<string> {
  const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return last?.[0] ?? STREAM_START;
}

async function readRecord<Value>(
  { redis, log }: Pick<RestoreDeps, 'redis' | 'log'>,
  key: string,
  schema: z.ZodType<Value>,
): Promise<Value | undefined> {
  const text = await redis.get(key);
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const error = new ZephyrError('RECORD', `reading ${key}: unexpected content`, { cause });
    log.warn({ err: error }, 'a record was rejected');
    return undefined;
  }
}
