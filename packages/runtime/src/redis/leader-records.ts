/** What the leading controller writes: all effects of one decision, in one call. */
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { STREAM_LENGTHS } from './stream-bounds.ts';

/** A record, which is replaced, or a stream of about so many entries. */
type Place =
  | { readonly kind: 'record'; readonly key: string }
  | { readonly kind: 'stream'; readonly key: string; readonly maxLength: number };

/** What the leader writes besides the snapshot. */
const PLACES = {
  operator: { kind: 'record', key: keys.operator },
  /** The grants among the operator's wishes, for proxies, which may not read the rest. */
  grants: { kind: 'record', key: keys.usageGrants },
  world: { kind: 'record', key: keys.world },
  view: { kind: 'record', key: keys.view },
  inputs: { kind: 'stream', key: keys.inputs, maxLength: STREAM_LENGTHS.inputs },
  decisions: { kind: 'stream', key: keys.decisions, maxLength: STREAM_LENGTHS.decisions },
  log: { kind: 'stream', key: keys.log, maxLength: STREAM_LENGTHS.log },
  audit: { kind: 'stream', key: keys.audit, maxLength: STREAM_LENGTHS.audit },
} as const satisfies Readonly<Record<string, Place>>;
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
          ...lastingOf(PLACES[place], maxLength),
          JSON.stringify(value),
        ]),
        ...expiring.flatMap(({ lifeMs, value }, index) => [
          placed.length + index + 1,
          'expiring',
          lifeMs,
          JSON.stringify(value),
        ]),
      ],
    }),
  );
  if (reply[0] === 'committed') return { status: 'committed' };
  if (reply[0] === 'fenced') return { status: 'fenced', currentEpoch: reply[1] };
  return { status: 'conflict', foundVersion: reply[1] };
}

/** How the script writes it, and how much a stream keeps. */
function lastingOf(place: Place, maxLength = Number.POSITIVE_INFINITY): [string, number | ''] {
  if (place.kind === 'record') return [place.kind, ''];
  return [place.kind, Math.min(maxLength, place.maxLength)];
}
