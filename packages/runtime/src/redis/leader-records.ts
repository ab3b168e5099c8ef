/** What the leading controller writes: all effects of one decision, in one call. */
import type { RoutingSnapshot } from '@zephyr/contract/snapshot';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { STREAM_LENGTHS } from './stream-bounds.ts';

/**
 * What the leader writes besides the snapshot; `maxLength` 0 is a record, otherwise a stream's approximate
 * length.
 */
const PLACES = {
  operator: { key: keys.operator, maxLength: 0 },
  /** The grants among the operator's wishes, for proxies, which may not read the rest. */
  grants: { key: keys.usageGrants, maxLength: 0 },
  world: { key: keys.world, maxLength: 0 },
  view: { key: keys.view, maxLength: 0 },
  inputs: { key: keys.inputs, maxLength: STREAM_LENGTHS.inputs },
  decisions: { key: keys.decisions, maxLength: STREAM_LENGTHS.decisions },
  log: { key: keys.log, maxLength: STREAM_LENGTHS.log },
  audit: { key: keys.audit, maxLength: STREAM_LENGTHS.audit },
} as const;
export type RecordPlace = keyof typeof PLACES;
const PLACE_NAMES = Object.keys(PLACES) as RecordPlace[];

export interface CommitWrite {
  readonly place: RecordPlace;
  readonly value: unknown;
  /** The stream's approximate length, if less than usual. */
  readonly maxLength?: number | undefined;
}

/** A record under its own key, replaced on write, with an expiry. */
export interface ExpiringWrite {
  readonly key: string;
  readonly lifeMs: number;
  readonly value: unknown;
}

export interface Commit {
  /** Unique; a repeated id is the same commit, whose reply was lost. */
  readonly id: string;
  readonly snapshot?: RoutingSnapshot | undefined;
  readonly writes: readonly CommitWrite[];
  readonly expiring?: readonly ExpiringWrite[] | undefined;
}

export type CommitAnswer =
  | { readonly status: 'committed' }
  /** Another controller leads, or the lease has expired. Nothing was written. */
  | { readonly status: 'fenced'; readonly currentEpoch: number }
  /** The snapshot is not the one that the decision was built on. Nothing was written. */
  | { readonly status: 'conflict'; readonly foundVersion: number };

const commitScript = loadScript('commit');
const commitReply = z.union([
  z.tuple([z.literal('committed')]),
  z.tuple([z.enum(['fenced', 'conflict']), z.coerce.number()]),
]);

/** Writes a commit for the leader of `epoch`; `knownVersion` is the version it builds on, or 0. */
export async function writeCommit(
  redis: Redis,
  leader: { readonly id: string; readonly epoch: number; readonly knownVersion: number },
  commit: Commit,
): Promise<CommitAnswer> {
  const fixedKeys = [keys.lease, keys.epoch, keys.snapshot, keys.committed];
  const placed = [...fixedKeys, ...PLACE_NAMES.map((name) => PLACES[name].key)];
  const expiring = commit.expiring ?? [];
  const reply = commitReply.parse(
    await runScript(redis, commitScript, {
      keys: [...placed, ...expiring.map(({ key }) => key)],
      args: [
        ...[leader.id, leader.epoch, commit.id, leader.knownVersion],
        commit.snapshot === undefined ? '' : JSON.stringify(commit.snapshot),
        keys.snapshotChanged,
        ...commit.writes.flatMap(({ place, value, maxLength }) => [
          // Lua indexes are 1-based.
          fixedKeys.length + PLACE_NAMES.indexOf(place) + 1,
          Math.min(maxLength ?? Number.POSITIVE_INFINITY, PLACES[place].maxLength),
          JSON.stringify(value),
        ]),
        ...expiring.flatMap(({ lifeMs, value }, index) => [
          placed.length + index + 1,
          -lifeMs,
          JSON.stringify(value),
        ]),
      ],
    }),
  );
  if (reply[0] === 'committed') return { status: 'committed' };
  if (reply[0] === 'fenced') return { status: 'fenced', currentEpoch: reply[1] };
  return { status: 'conflict', foundVersion: reply[1] };
}
