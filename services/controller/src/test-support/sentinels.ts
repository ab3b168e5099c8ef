/** One primary, two replicas and three Sentinels: the smallest set that survives one failure. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findRedisServer,
  type RedisServer,
  startRedisServer,
} from '@zephyr/runtime/redis/private-server';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis } from '@zephyr/testkit/redis';
import { expect } from 'vitest';
import { z } from 'zod';

export interface SentinelSet {
  /** `redis+sentinel://…`. */
  readonly url: string;
  readonly primary: RedisServer;
  stop(): Promise<void>;
}

const NAME = 'zephyr';
const DOWN_AFTER_MS = 2_000;

export async function startSentinelSet(): Promise<SentinelSet> {
  const ports = await freePorts(6);
  const [primaryPort = 0, ...replicaPorts] = ports.slice(0, 3);
  const primary = await startRedisServer({ extraArguments: ['--port', String(primaryPort)] });
  const replicas = await Promise.all(
    replicaPorts.map((port) =>
      startRedisServer({
        extraArguments: [
          ...['--port', String(port), '--replicaof', '127.0.0.1', String(primaryPort)],
          ...['--repl-diskless-sync-delay', '0'],
        ],
      }),
    ),
  );
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-sentinel-'));
  const sentinels = ports.slice(3).map((port) => startSentinel(folder, port, primaryPort));
  await Promise.all(ports.slice(3).map(knowsAll));
  const nodes = ports.slice(3).map((port) => `node=127.0.0.1:${port}`);
  return {
    url: `redis+sentinel://${NAME}?${nodes.join('&')}`,
    primary,
    stop: async () => {
      await Promise.all(sentinels.map(end));
      await Promise.all([primary, ...replicas].map((server) => server.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Sentinel writes what it discovers to its configuration file. */
function startSentinel(folder: string, port: number, primaryPort: number): ChildProcess {
  const file = join(folder, `${port}.conf`);
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 6000`,
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  return spawn(findRedisServer() ?? 'redis-server', [file, '--sentinel'], { stdio: 'ignore' });
}

/** A Sentinel discovers the replicas and the other Sentinels gradually. */
async function knowsAll(port: number): Promise<void> {
  const redis = openTestRedis({ url: `redis://127.0.0.1:${port}` });
  try {
    await eventually(async () => {
      const reply = z.array(z.string()).parse(await redis.call('SENTINEL', 'MASTER', NAME));
      const field = (name: string) => reply[reply.indexOf(name) + 1];
      expect([field('num-slaves'), field('num-other-sentinels')]).toEqual(['2', '2']);
    }, 100);
  } finally {
    redis.disconnect();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return ports;
}
