/**
 * Whether Redis accepts a service's writes. A connection that is up proves little: the server may be silent,
 * full, a read-only replica, or unable to save; only a write shows it.
 */

import type { Redis } from 'ioredis';

import type { Clock } from '../clock.ts';
import { keys } from './keys.ts';

export type RedisStatus =
  | 'ok'
  /** No connection, or no answer in time. */
  | 'redis_away'
  /** It answers, and refuses: full, read-only, loading, unable to save, or no right to write. */
  | 'redis_refuses_writes';

/** Redis is queried at most once a second, however often this is called. */
const FRESH_MS = 1_000;
/** So that the test leaves nothing behind. */
const LIFE_MS = 1;

/** @param redis a `command` client, whose commands time out */
export function createWriteTest(
  redis: Redis,
  { instanceId, clock }: { readonly instanceId: string; readonly clock: Pick<Clock, 'nowMs'> },
): () => Promise<RedisStatus> {
  const write = async (): Promise<RedisStatus> => {
    try {
      await redis.set(keys.writeTest(instanceId), '', 'PX', LIFE_MS);
      return 'ok';
    } catch (error) {
      const isAnswer = error instanceof Error && error.name === 'ReplyError';
      return isAnswer ? 'redis_refuses_writes' : 'redis_away';
    }
  };
  let last: { readonly startedAtMs: number; readonly status: Promise<RedisStatus> } | undefined;
  return () => {
    const nowMs = clock.nowMs();
    if (last === undefined || nowMs - last.startedAtMs >= FRESH_MS) {
      last = { startedAtMs: nowMs, status: write() };
    }
    return last.status;
  };
}
