/**
 * The leader's lease. Two controllers may believe that they lead, briefly, after a pause or a lost
 * connection; so each write carries the leader's epoch, and Redis refuses all but the newest.
 */
import { randomUUID } from 'node:crypto';

import { LAST_VERSION } from '@zephyr/contract/scalars';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';

/** Lifetime of a lease without renewal: the longest leaderless time after a crash. */
export const LEASE_MS = 5_000;

export interface HeldLease {
  readonly status: 'held';
  /** Fencing token: rises with each change of leader, even across a total data loss. */
  readonly epoch: number;
  readonly incarnation: string;
  /** The clock of Redis. */
  readonly redisNowMs: number;
}

export type LeaseAnswer =
  | HeldLease
  | {
      readonly status: 'taken';
      readonly holder: string;
      readonly remainingMs: number;
      readonly redisNowMs: number;
    };

const acquire = loadScript('acquire-lease');
const renew = loadScript('renew-lease');
const release = loadScript('release-lease');

const acquireReply = z.union([
  z.tuple([z.literal(1), z.number(), z.string(), z.number()]),
  z.tuple([z.literal(0), z.string(), z.number(), z.number()]),
]);
const renewReply = z.tuple([z.union([z.literal(0), z.literal(1)]), z.number()]);

export async function acquireLease(redis: Redis, candidateId: string): Promise<LeaseAnswer> {
  const reply = acquireReply.parse(
    await runScript(redis, acquire, {
      keys: [keys.lease, keys.epoch, keys.incarnation, keys.snapshot],
      args: [candidateId, LEASE_MS, randomUUID(), LAST_VERSION],
    }),
  );
  if (reply[0] === 0)
    return { status: 'taken', holder: reply[1], remainingMs: reply[2], redisNowMs: reply[3] };
  return { status: 'held', epoch: reply[1], incarnation: reply[2], redisNowMs: reply[3] };
}

/** Undefined when the lease is lost: expired, taken over, or gone with the data. */
export async function renewLease(
  redis: Redis,
  leader: { readonly id: string; readonly epoch: number },
): Promise<{ readonly redisNowMs: number } | undefined> {
  const [held, redisNowMs] = renewReply.parse(
    await runScript(redis, renew, {
      keys: [keys.lease, keys.epoch],
      args: [leader.id, leader.epoch, LEASE_MS],
    }),
  );
  return held === 1 ? { redisNowMs } : undefined;
}

export async function releaseLease(redis: Redis, leaderId: string): Promise<void> {
  await runScript(redis, release, { keys: [keys.lease], args: [leaderId] });
}
