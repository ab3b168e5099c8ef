/** What must be true of Redis before a controller trusts it. */
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import type { Redis } from 'ioredis';

/** A Redis that is only away may come later; one that refuses us will not change its mind. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/;
const FIRST_ANSWER_MS = 2_000;

/** @throws ZephyrError `REDIS_REFUSED`, `REDIS_POLICY`; an absent Redis is no error. */
export async function checkRedis(redis: Redis, log: Logger): Promise<void> {
  const refusal = await firstAnswer(redis);
  if (refusal !== undefined) {
    throw new ZephyrError('REDIS_REFUSED', `redis refuses this controller: ${refusal}`, {
      advice: [
        'check the password that `redis.password_env` names, and the user in `redis.url`',
        'an ACL user needs the rights of docs/operations.md',
      ],
    });
  }
  const policy = await evictionPolicy(redis);
  if (isSafe(policy)) {
    // One that was away, or was replaced since, has not been asked yet.
    redis.on('ready', () => void tellPolicy(redis, log));
    return;
  }
  throw new ZephyrError('REDIS_POLICY', `redis has maxmemory-policy ${policy}`, {
    advice: [
      'with it Redis drops records and jobs when its memory is full, without telling anyone',
      'set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf',
    ],
  });
}

async function tellPolicy(redis: Redis, log: Logger): Promise<void> {
  const policy = await evictionPolicy(redis);
  if (!isSafe(policy)) log.error({ policy }, 'redis may evict records: set noeviction');
}

/** What cannot be known is not held against it. */
function isSafe(policy: string | undefined): boolean {
  return policy === undefined || policy === 'noeviction';
}

/** Why Redis refuses us; undefined when it does not, or is not there. */
async function firstAnswer(redis: Redis): Promise<string | undefined> {
  const refused = new Promise<string>((resolve) => {
    redis.on('error', (error: Error) => {
      if (REFUSALS.test(error.message)) resolve(error.message);
    });
  });
  const ready = new Promise<undefined>((resolve) => redis.once('ready', () => resolve(undefined)));
  const limit = sleep(FIRST_ANSWER_MS, undefined, { ref: false });
  const refusal = await Promise.race([refused, ready, limit]);
  if (refusal !== undefined) return refusal;
  try {
    await redis.ping();
    return undefined;
  } catch (error) {
    return REFUSALS.test(messageOf(error)) ? messageOf(error) : undefined;
  }
}

/** From INFO, which every user may read; undefined when Redis does not tell. */
async function evictionPolicy(redis: Redis): Promise<string | undefined> {
  const info = await redis.info('memory').catch(() => '');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
}
