/**
 * The Redis of the demo: a private one; if no server is installed, the one in ZEPHYR_REDIS_URL, unless a real
 * Zephyr uses it.
 */

import { REDIS_URL_VARIABLE, splitPassword } from '@zephyr/runtime/config/urls/redis-url';
import { variablesOf } from '@zephyr/runtime/config/variables/variables';
import type { Environment } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { createLogger } from '@zephyr/runtime/logger';
import { phrase } from '@zephyr/runtime/phrase';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { findRedisServer } from '@zephyr/runtime/redis/private-server';
import { withTimeout } from '../../network/with-timeout.ts';

/**
 * @returns the URL of a Redis to use; undefined: start a private one
 * @throws ZephyrError `DEMO` if it does not answer, or is in use by another Zephyr
 */
export async function demoRedisUrl(
  environment: Environment,
  findServer: () => string | undefined = findRedisServer,
): Promise<string | undefined> {
  const text = variablesOf(environment, '')(REDIS_URL_VARIABLE);
  if (text === undefined || findServer() !== undefined) return undefined;
  // `localhost:6379` would parse, with the scheme "localhost".
  if (!URL.canParse(text) || !text.includes('://')) {
    throw new ZephyrError('DEMO', phrase`${REDIS_URL_VARIABLE} is not a URL`, {
      advice: [phrase`for example: redis://127.0.0.1:6379`],
    });
  }
  const { url, password } = splitPassword(text);
  if (await isLed({ url, password })) {
    throw new ZephyrError('DEMO', phrase`another Zephyr uses the Redis at ${url}`, {
      advice: [phrase`stop it, or name another database, such as redis://host:6379/9`],
    });
  }
  return text;
}

/** Whether a controller holds the lease there. */
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
