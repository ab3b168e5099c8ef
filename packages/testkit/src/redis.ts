/**
 * The Redis of a test: a container of the deployed version if a Docker engine can start it, otherwise a
 * local redis-server. `redis-setup.ts` tries once per run of tests and prints which;
 * `ZEPHYR_TEST_REDIS=container|local` forces one.
 *
 * Every test that needs a Redis gets it from here, with these exceptions, which start their own server
 * (`@zephyr/runtime/redis/server`):
 *
 * - those that test this server, its socket, or a command that starts it (`zephyr start`);
 * - those whose Redis dies and comes back at the same address, with or without its data, or runs with
 *   special arguments (an ACL file, little memory): a container gets another port;
 * - Sentinels and Clusters, whose members announce each other's addresses to clients: in containers
 *   these are reachable from this machine on Linux only.
 */
import { connectionOptions, type RedisTarget } from '@zephyr/runtime/redis/client';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  /** Its address, for a socket or a fault proxy. */
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number };
  /** Stops answering, but keeps its connections. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

/** As in docker-compose.yml; a test keeps them equal. */
export const REDIS_IMAGE = 'redis:8.10.2';
/** For `docker ps --filter label=…`. */
export const REDIS_LABEL = 'zephyr.test-redis';
export const TEST_REDIS_VARIABLE = 'ZEPHYR_TEST_REDIS';
const START_TIMEOUT_MS = 30_000;
/** It ends by itself after this time, even if the tests were killed. Longer than any run. */
const LIFE_SECONDS = 3_600;
/** Of a container, in the engine's words; well above the time between making and starting it. */
const YOUNG = '10m';

/** @throws if the chosen kind cannot be started. */
export async function startTestRedis(): Promise<TestRedis> {
  return process.env[TEST_REDIS_VARIABLE] === 'container' ? container() : local();
}

/**
 * A connection to a Redis for the test's own use: without the time limits of the services, which a busy
 * machine exceeds.
 */
export function openTestRedis(target: RedisTarget): Redis {
  const redis = new Redis({ ...connectionOptions(target), replyMapping: 'legacy' });
  // Some tests stop the server first.
  redis.on('error', () => undefined);
  return redis;
}

async function local(): Promise<TestRedis> {
  const server = await startRedisServer();
  return {
    url: server.url,
    address: { path: new URL(server.url).pathname },
    freeze: async () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: async () => void process.kill(server.pid, 'SIGCONT'),
    stop: () => server.stop(),
  };
}

/** Loaded only here: most tests need neither Docker nor its 50 MB of packages. */
async function container(): Promise<TestRedis> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  // The reaper for containers of killed runs is another image, which needs the engine's socket.
  // Ours end by themselves, and the next run removes any leftovers.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  // Without an engine this fails immediately, a start only after its timeout.
  const client = await getContainerRuntimeClient();
  const started = await new GenericContainer(REDIS_IMAGE)
    .withCommand([
      ...['timeout', String(LIFE_SECONDS)],
      ...['redis-server', '--save', '', '--maxmemory-policy', 'noeviction'],
      // For any user it runs as; it writes nothing, and only this machine can reach it.
      ...['--protected-mode', 'no'],
    ])
    .withLabels({ [REDIS_LABEL]: String(process.pid) })
    .withExposedPorts(6379)
    // The default port check needs a shell in the image.
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  const engine = client.container.getById(started.getId());
  const address = { host: started.getHost(), port: started.getMappedPort(6379) };
  return {
    url: `redis://${address.host}:${address.port}`,
    address,
    freeze: async () => void (await engine.pause()),
    thaw: async () => void (await engine.unpause()),
    stop: async () => void (await started.stop().catch(unlessGone)),
  };
}

/** The engine may already be removing it, as when a parallel run cleans up. */
function unlessGone(error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status !== 404 && status !== 409) throw error;
}

/**
 * Removes leftovers of killed runs, but not the containers of a parallel run. To the engine, a container that was
 * created and not started yet has ended too, so young ones are kept.
 */
export async function removeEndedContainers(): Promise<void> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const filters = { label: [REDIS_LABEL], until: [YOUNG] };
  await client.container.dockerode.pruneContainers({ filters });
}
