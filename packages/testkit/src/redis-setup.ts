/** Before a run of tests: decides which Redis they get, and prints that in one line. */
import { setTimeout as sleep } from 'node:timers/promises';

import { messageOf } from '@zephyr/runtime/errors';

import {
  REDIS_IMAGE,
  removeEndedContainers,
  startTestRedis,
  TEST_REDIS_VARIABLE,
} from './redis.ts';

/** Includes pulling the image over an ordinary connection. */
const TRIAL_TIMEOUT_MS = 60_000;

/** The workers of the run, which start afterwards, inherit the choice as a variable. */
export async function setup(): Promise<void> {
  console.log(`tests use Redis from ${await chooseTestRedis()}`);
}

/** @throws if a container is explicitly requested and cannot be started. */
export async function chooseTestRedis(tryContainer = trial): Promise<string> {
  const wish = process.env[TEST_REDIS_VARIABLE] ?? 'auto';
  if (wish === 'local') return 'the local redis-server (set by ZEPHYR_TEST_REDIS)';
  process.env[TEST_REDIS_VARIABLE] = 'container';
  try {
    await Promise.race([tryContainer(), tooLate()]);
    return `containers of ${REDIS_IMAGE}`;
  } catch (error) {
    if (wish === 'container') throw error;
    process.env[TEST_REDIS_VARIABLE] = 'local';
    const [why = ''] = messageOf(error).split('\n');
    return `the local redis-server (no container: ${why.slice(0, 100)})`;
  }
}

async function trial(): Promise<void> {
  const redis = await startTestRedis();
  await redis.stop();
  await removeEndedContainers();
}

async function tooLate(): Promise<never> {
  await sleep(TRIAL_TIMEOUT_MS, undefined, { ref: false });
  throw new Error(`${REDIS_IMAGE} did not start within ${TRIAL_TIMEOUT_MS / 1000} s`);
}
