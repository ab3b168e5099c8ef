/** Conditions that Redis must meet before a controller trusts it. */
import { type Clock, isWithin } from '@zephyr/runtime/clock';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { phrase } from '@zephyr/runtime/phrase';
import type { Redis } from 'ioredis';

/** Refusals: an unreachable Redis may come back, but one that keeps refusing us is misconfigured. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/;
const FIRST_ANSWER_TIMEOUT_MS = 2_000;
/**
 * How long a refusal must last: users may be loaded after Redis has started, and a new password does not
 * reach Redis and us at the same time.
 */
const LASTING_REFUSAL_MS = 10_000;

/** @throws ZephyrError `REDIS_REFUSED`, `REDIS_POLICY`; an absent Redis is no error. */
export async function checkRedis(redis: Redis, log: Logger, clock: Clock): Promise<void> {
  const refusal = await lastingRefusal(redis, clock);
  if (refusal !== undefined) {
    throw new ZephyrError('REDIS_REFUSED', phrase`redis refuses this controller: ${refusal}`, {
      advice: [
        phrase`check the password that redis.password_env names, and the user in redis.url`,
        phrase`an ACL user needs the rights of docs/operations.md`,
      ],
    });
  }
  const policy = await evictionPolicy(redis);
  if (isSafe(policy)) {
    // A Redis that was away, or has been replaced, has not been checked yet.
    redis.on('ready', () => void reportPolicy(redis, log));
    return;
  }
  throw new ZephyrError('REDIS_POLICY', phrase`redis has maxmemory-policy ${policy ?? ''}`, {
    advice: [
      phrase`with it Redis silently drops records and jobs when its memory is full`,
      phrase`set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf`,
    ],
  });
}

async function reportPolicy(redis: Redis, log: Logger): Promise<void> {
  const policy = await evictionPolicy(redis);
  if (!isSafe(policy)) log.error({ policy }, 'redis may evict records: set noeviction');
}

/** Accepts a policy that Redis does not show. */
function isSafe(policy: string | undefined): boolean {
  return policy === undefined || policy === 'noeviction';
}

/** Returns why Redis keeps refusing us; undefined if it does not, or cannot be reached. */
async function lastingRefusal(redis: Redis, clock: Clock): Promise<string | undefined> {
  let refusal: string | undefined;
  const refused = new Promise<void>((resolve) => {
    redis.on('error', (error: Error) => {
      if (!REFUSALS.test(error.message)) return;
      refusal = error.message;
      resolve();
    });
  });
  const ready = new Promise<void>((resolve) => redis.once('ready', resolve));
  await isWithin(clock, FIRST_ANSWER_TIMEOUT_MS, Promise.race([ready, refused]));
  // The client keeps retrying on its own.
  if (refusal !== undefined) await isWithin(clock, LASTING_REFUSAL_MS, ready);
  return redis.status === 'ready' ? pingRefusal(redis) : refusal;
}

/** Without a password Redis answers some commands, but not this one. */
async function pingRefusal(redis: Redis): Promise<string | undefined> {
  try {
    await redis.ping();
    return undefined;
  } catch (error) {
    return REFUSALS.test(messageOf(error)) ? messageOf(error) : undefined;
  }
}

/** Read from INFO, which every user may call; undefined if Redis does not show it. */
async function evictionPolicy(redis: Redis): Promise<string | undefined> {
  const info = await redis.info('memory').catch(() => '');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
}
