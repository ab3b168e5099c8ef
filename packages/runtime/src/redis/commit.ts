/** What the leading controller writes: everything that follows from one decision, in one call. */
import type { RoutingSnapshot } from '@zephyr/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import type { OperatorRecord } from './records.ts';
import { loadScript, runScript } from './script.ts';

/** The streams of the leader and about how many entries each keeps. */
const STREAMS = {
  /** A decision with its inputs is about 2 kB: 10 MB. */
  decisions: { key: keys.decisions, kept: 5_000 },
  /** People act rarely, and want to look back far. */
  audit: { key: keys.audit, kept: 20_000 },
} as const;
const STREAM_NAMES = ['decisions', 'audit'] as const;

export interface Commit {
  /** Unique; the same id again means the same commit, whose reply was lost. */
  readonly id: string;
  readonly snapshot?: RoutingSnapshot | undefined;
  readonly operator?: OperatorRecord | undefined;
  readonly appends: readonly { readonly stream: keyof typeof STREAMS; readonly entry: unknown }[];
}

export type CommitAnswer =
  | { readonly status: 'committed' }
  /** Another controller leads, or the lease has ended. Nothing was written. */
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
  const json = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));
  const reply = commitReply.parse(
    await runScript(redis, commitScript, {
      keys: [
        ...[keys.lease, keys.epoch, keys.snapshot, keys.operator, keys.committed],
        ...STREAM_NAMES.map((name) => STREAMS[name].key),
      ],
      args: [
        ...[leader.id, leader.epoch, commit.id, leader.knownVersion],
        ...[json(commit.snapshot), json(commit.operator), keys.snapshotChanged],
        ...commit.appends.flatMap(({ stream, entry }) => [
          // Lua counts from one; five keys come before the streams.
          STREAM_NAMES.indexOf(stream) + 6,
          STREAMS[stream].kept,
          JSON.stringify(entry),
        ]),
      ],
    }),
  );
  if (reply[0] === 'committed') return { status: 'committed' };
  if (reply[0] === 'fenced') return { status: 'fenced', currentEpoch: reply[1] };
  return { status: 'conflict', foundVersion: reply[1] };
}
