/**
 * What the leader has in mind: the world of the decision core and how far it has read. All of it
 * is committed with each decision, so that a new leader goes on exactly where the old one ended,
 * and nothing is heard twice or left out.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  type EndpointState,
  initialWorld,
  type OperatorWishes,
  own,
  type RoutingSnapshot,
  reduce,
  type World,
} from '@zephyr/core';
import type { Config } from '@zephyr/runtime/config/config';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { readLastId } from '@zephyr/runtime/redis/bounded';
import { keys } from '@zephyr/runtime/redis/keys';
import {
  type OperatorRecord,
  operatorSchema,
  probeResultSchema,
  snapshotSchema,
} from '@zephyr/runtime/redis/records';
import { readLast } from '@zephyr/runtime/redis/streams';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NOTHING_OBSERVED, type Observations } from '../view/observations.ts';
import { type Cursors, momentOf } from './inputs.ts';
import { settingsOf } from './settings.ts';

export interface Mind {
  readonly world: World;
  readonly observations: Observations;
  readonly cursors: Cursors;
}

const checkpointSchema = z.object({
  /** `sourceHash` of whoever wrote it. */
  format: z.string(),
  mind: z.custom<Mind>((value) => typeof value === 'object' && value !== null),
});

export const checkpointOf = (mind: Mind) => ({ format: sourceHash(), mind });

/**
 * Names the code that a mind belongs to. Another version may keep other things in it: its
 * checkpoint is not read, and the world is built anew from wishes, snapshot and the last probes.
 * A number that somebody has to raise by hand would be forgotten; the sources cannot be.
 */
const sourceHash = memoized(() => {
  const core = dirname(fileURLToPath(import.meta.resolve('@zephyr/core')));
  const here = dirname(fileURLToPath(import.meta.url));
  const hash = createHash('sha256');
  for (const folder of [core, here]) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.test)\.ts$/.test(name),
    );
    for (const name of files.toSorted()) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
});

function memoized<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The record that the leader of this or another process committed last; undefined without one. */
export async function readCheckpoint(redis: Redis): Promise<Mind | undefined> {
  const text = await redis.get(keys.world);
  if (text === null) return undefined;
  const parsed = checkpointSchema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.format === sourceHash() ? parsed.data.mind : undefined;
}

export interface RecallDeps {
  readonly redis: Redis;
  readonly config: Config;
  readonly log: Logger;
  readonly nowMs: () => ReturnType<typeof momentOf>;
  /** The newest checkpoint that this process has seen: what is left when Redis lost its data. */
  readonly remembered: Mind | undefined;
}

export interface Recalled {
  readonly mind: Mind;
  /** The one that is there. */
  readonly snapshot: RoutingSnapshot | undefined;
  /** Whether the mind is exactly what the last leader left. */
  readonly goesOn: boolean;
}

/** What a new leader starts from. */
export async function recall(deps: RecallDeps): Promise<Recalled> {
  const { redis, log } = deps;
  const snapshot = await readRecord(deps, keys.snapshot, snapshotSchema);
  const wishes = await readRecord(deps, keys.operator, operatorSchema);
  const checkpoint = await readCheckpoint(redis);
  if (checkpoint !== undefined) {
    const mind = wishes === undefined ? checkpoint : withWishes(checkpoint, wishes);
    return { mind, snapshot, goesOn: true };
  }
  if (deps.remembered !== undefined) {
    log.warn('redis has lost its data: going on from memory');
    const { world, observations } = deps.remembered;
    // The streams are new as well: whatever is in them has not been heard.
    const cursors = { commands: '0-0', probes: '0-0', outcomes: '0-0' };
    const unpublished: World = { ...world, published: { status: 'never' } };
    const mind = { world: unpublished, observations, cursors };
    return {
      mind: wishes === undefined ? mind : withWishes(mind, wishes),
      snapshot,
      goesOn: false,
    };
  }
  return { mind: await freshMind(deps, wishes, snapshot), snapshot, goesOn: false };
}

/** Probes that a new leader without a checkpoint takes in: an hour of ten endpoints. */
const PROBES_TO_TAKE_IN = 600;

async function freshMind(
  deps: RecallDeps,
  wishes: OperatorWishes | undefined,
  snapshot: RoutingSnapshot | undefined,
): Promise<Mind> {
  const probes = await readLast(
    deps.redis,
    { key: keys.probes, count: PROBES_TO_TAKE_IN },
    { schema: probeResultSchema, refused: (id, why) => deps.log.warn({ id, why }, 'refused') },
  );
  const { groups, endpoints, policy } = settingsOf(deps.config);
  const atMs = probes[0] === undefined ? deps.nowMs() : momentOf(probes[0].id);
  const decisions = await readLast(
    deps.redis,
    { key: keys.decisions, count: 1 },
    { schema: z.object({ number: z.number() }), refused: () => undefined },
  );
  const start = initialWorld({
    ...{ atMs, groups, endpoints, wishes },
    decisions: decisions[0]?.value.number,
  });
  // What these probes led to then was decided then: only what they tell is taken.
  const world = probes.reduce(
    (before, { id, value }) =>
      reduce(before, { atMs: momentOf(id), event: { kind: 'probe', result: value } }, policy).next,
    start,
  );
  return {
    world: {
      ...world,
      endpoints: world.endpoints.map((endpoint) => withNumbers(endpoint, snapshot)),
      selection: snapshot?.selection ?? start.selection,
      switching: start.switching,
      decisions: start.decisions,
      published: start.published,
    },
    observations: NOTHING_OBSERVED,
    cursors: {
      commands: await lastIdOf(deps.redis, keys.commands),
      outcomes: await readLastId(deps.redis, keys.outcomes),
      probes: probes.at(-1)?.id ?? '0-0',
    },
  };
}

/** Proxies compare these numbers with those that they have seen: they must not fall. */
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

async function lastIdOf(redis: Redis, key: string): Promise<string> {
  const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return last?.[0] ?? '0-0';
}

function withWishes(mind: Mind, wishes: OperatorRecord): Mind {
  return { ...mind, world: { ...mind.world, wishes } };
}

async function readRecord<Value>(
  { redis, log }: Pick<RecallDeps, 'redis' | 'log'>,
  key: string,
  schema: z.ZodType<Value>,
): Promise<Value | undefined> {
  const text = await redis.get(key);
  if (text === null) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const error = new ZephyrError('RECORD', `reading ${key}: not what was expected`, { cause });
    log.warn({ err: error }, 'a record was refused');
    return undefined;
  }
}
