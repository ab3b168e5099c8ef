import type { StoreConnectionStatus } from '@zephyr/contract/store';
import { Redis, type RedisOptions } from 'ioredis';
import { systemRandom } from '../clock.ts';
import { CLUSTER_SCHEMES, clusterNodes, REDIS_PORT } from '../config/urls/redis-cluster-url.ts';
import { SENTINEL_SCHEMES, sentinelNodes } from '../config/urls/redis-sentinel-url.ts';
import { withoutBrackets } from '../host.ts';
import type { Logger } from '../logger.ts';
import { clusterOptions } from './cluster-connector.ts';

/**
 * The address of Redis. The password is never logged.
 *
 *     redis://host:6379, rediss://host:6380     one server; the second with TLS
 *     unix:///path/to/redis.sock                its socket
 *     redis+sentinel://<name>?node=<host:port>&node=…, rediss+sentinel://…
 *                                               Sentinels know which server is the primary
 *     redis+cluster://<host:port>?node=<host:port>&node=…, rediss+cluster://…
 *                                               the nodes know which of them holds our keys
 */
export interface RedisTarget {
  readonly url: string;
  readonly password?: string | undefined;
}

/** Buckets of Redis latency, from a local server to the command timeout. */
export const REDIS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Connection options of a target, for ioredis and for BullMQ (which makes its own connections). */
export function connectionOptions(target: RedisTarget, rng = systemRandom): RedisOptions {
  const url = new URL(target.url);
  const password = target.password ?? decodeURIComponent(url.password);
  const common: RedisOptions = {
    ...(password === '' ? {} : { password }),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    // Exponential with a cap and jitter, and no end: a proxy that gave up on Redis would stay uncoordinated
    // for good.
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000) + rng() * 200,
  };
  if (url.protocol === 'unix:') return { ...common, path: url.pathname };
  if (CLUSTER_SCHEMES.includes(url.protocol)) {
    const login = { ...common, ...(url.protocol.startsWith('rediss') ? { tls: {} } : {}) };
    return { ...login, ...clusterOptions(clusterNodes(url), login) };
  }
  if (SENTINEL_SCHEMES.includes(url.protocol)) {
    return {
      ...common,
      ...(url.protocol.startsWith('rediss')
        ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }
        : {}),
      name: url.hostname,
      sentinels: sentinelNodes(url),
      // Leaves a primary that was voted out, instead of waiting for it to disconnect.
      failoverDetector: true,
    };
  }
  return {
    ...common,
    host: withoutBrackets(url.hostname),
    port: url.port === '' ? REDIS_PORT : Number(url.port),
    db: url.pathname.length > 1 ? Number(url.pathname.slice(1)) : 0,
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/**
 * A client for one of three workloads.
 *
 * - `command`: fails fast and never sends a command twice. ioredis 6 by default sends an unacknowledged
 *   command again after a reconnect (one INCR became two) and waits forever on a black-holed server.
 * - `waiting`: the same, for `XREAD BLOCK` of at most 2 s, which always ends in a reply.
 * - `blocking`: for subscriptions and `XREAD BLOCK`, of at most 5 s; waits for Redis to come back. A
 *   subscription sends nothing by itself, so its owner has to `ping` to detect a dead connection.
 *
 * None of them ends the process: `redis is away` and `redis is back` are logged once per change.
 */
export function createRedis(
  target: RedisTarget,
  log: Logger,
  kind: 'command' | 'waiting' | 'blocking',
): Redis {
  const options: RedisOptions = {
    ...connectionOptions(target),
    autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
    ...(kind === 'blocking'
      ? { maxRetriesPerRequest: null, socketTimeout: 10_000 }
      : {
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          // Redis ends a wait up to a second late (`--hz` of a private server).
          commandTimeout: kind === 'command' ? 1_000 : 3_500,
          // Replaces a connection that died silently; the limit above only gives up on one command.
          socketTimeout: kind === 'command' ? 3_000 : 4_000,
        }),
  };
  const redis = new Redis({ ...options, replyMapping: 'legacy' });
  let connection: 'connecting' | StoreConnectionStatus = 'connecting';
  redis.on('ready', () => {
    if (connection === 'away') log.info('redis is back');
    connection = 'connected';
  });
  redis.on('error', (error: Error) => {
    if (connection !== 'away') log.warn({ err: { message: error.message } }, 'redis is away');
    connection = 'away';
  });
  return redis;
}
