/**
 * The Redis of a test: a container of the version that is deployed where a Docker engine is there
 * and can start it, a redis-server of this machine otherwise. It says which, once for each file of
 * tests. `ZEPHYR_TEST_REDIS=container|local` decides it by hand.
 */
import { messageOf } from '@zephyr/runtime/errors';
import { startRedisServer } from '@zephyr/runtime/redis/server';

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** As in docker-compose.yml; a test keeps them equal. */
export const REDIS_IMAGE = 'redis:8.10.2';
const START_LIMIT_MS = 30_000;

export async function startTestRedis(
  say: (line: string) => void = console.log,
): Promise<TestRedis> {
  const wish = process.env['ZEPHYR_TEST_REDIS'] ?? 'auto';
  if (wish === 'local') return local(say, 'as ZEPHYR_TEST_REDIS says');
  try {
    const redis = await container();
    say(`redis of these tests: a container of ${REDIS_IMAGE}`);
    return redis;
  } catch (error) {
    if (wish === 'container') throw error;
    const [why = ''] = messageOf(error).split('\n');
    return local(say, `no container: ${why.slice(0, 100)}`);
  }
}

async function local(say: (line: string) => void, why: string): Promise<TestRedis> {
  say(`redis of these tests: redis-server of this machine (${why})`);
  return startRedisServer();
}

/** Loaded only here: most tests need neither Docker nor its 50 MB of packages. */
async function container(): Promise<TestRedis> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  // Without an engine this fails at once, a start only after its time-out.
  await getContainerRuntimeClient();
  const started = await new GenericContainer(REDIS_IMAGE)
    .withCommand(['redis-server', '--save', '', '--maxmemory-policy', 'noeviction'])
    .withExposedPorts(6379)
    // The usual look at the port needs a shell in the image.
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(START_LIMIT_MS)
    .start();
  return {
    url: `redis://${started.getHost()}:${started.getMappedPort(6379)}`,
    stop: async () => void (await started.stop()),
  };
}
