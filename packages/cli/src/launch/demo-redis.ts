/**
 * The Redis of the demo: a private one; where no server is installed, the one that
 * ZEPHYR_REDIS_URL names, unless a real Zephyr works with it.
 */

import { REDIS_URL_VARIABLE, splitPassword } from '@zephyr/runtime/config/redis-url';
import { variablesOf } from '@zephyr/runtime/config/variables';
import type { Environment } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { createLogger } from '@zephyr/runtime/logger';
import { phrase } from '@zephyr/runtime/phrase';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { findRedisServer } from '@zephyr/runtime/redis/private-server';
import { withTimeout } from '../with-timeout.ts';

/**
 * @returns the URL of a Redis to use; undefined: start a private one
 * @throws ZephyrError `DEMO` where it does not answer, or is another Zephyr's
 */
export async function demoRedisUrl(
  environment: Environment,
  findServer: () => string | undefined = findRedisServer,
): Promise<string | undefined> {
  const text = variablesOf(environment, '')(REDIS_URL_VARIABLE);
  if (text === undefined || findServer() !== undefined) return undefined;
  // `localhost:6379` would parse, as one with the scheme "localhost".
  if (!URL.canParse(text) || !text.includes('://')) {
    throw new ZephyrError('DEMO', phrase`${REDIS_URL_VARIABLE} is not a URL`, {
      advice: [phrase`for example: redis://127.0.0.1:6379`],
    });
  }
  const { url, password } = splitPassword(text);
  if (await isLed({ url, password })) {
    throw new ZephyrError('DEMO', phrase`another Zephyr works with the Redis at ${url}`, {
      advice: [phrase`end it, or name another database, such as redis://host:6379/9`],
    });
  }
  return text;
}

/** Whether a controller leads there now. */
async function isLed(target: { url: string; password: string | undefined }): Promise<boolean> {
  const redis = createRedis(target, createLogger('demo', 'silent'), 'blocking');
  try {
    return (await withTimeout(redis.exists(keys.lease))) === 1;
  } catch (error) {
    throw new ZephyrError('DEMO', phrase`no answer from ${target.url}: ${messageOf(error)}`, {
      cause: error,
      advice: [phrase`is it running, and are address and password in ${REDIS_URL_VARIABLE} right?`],
    });
  } finally {
    redis.disconnect();
  }
}
