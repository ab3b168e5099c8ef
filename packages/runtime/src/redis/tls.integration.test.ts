/** Redis behind TLS: one server, a Cluster, Sentinels; each with a certificate from a private CA. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { eventually } from '@zephyr/testkit/eventually';

import { startRedisCluster } from '@zephyr/testkit/redis-cluster';
import { tlsArguments, writeTlsFiles } from '@zephyr/testkit/redis-tls';
import { VALID } from '@zephyr/testkit/tls-fixture';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createLogger } from '../logger.ts';
import { bullConnection, QUEUE_PREFIX } from '../queue/probe-jobs.ts';
import { createRedis } from './client.ts';
import { acquireLease } from './lease-store.ts';
import { findRedisServer, type RedisServer, startRedisServer } from './private-server.ts';

// Debian's speaks TLS; a build without it rejects the argument.
const hasRedis = basename(findRedisServer() ?? '') === 'redis-server';
if (!hasRedis) console.log('redis by TLS: not tried, no redis-server is installed');
const log = createLogger('test', 'silent');
const known = getCACertificates('default');

describe.skipIf(!hasRedis)('Redis by TLS', () => {
  let folder: string;
  let server: RedisServer;
  let port: number;

  const secure = async () => {
    const free = await freePort();
    const files = writeTlsFiles(folder);
    return { port: free, arguments: ['--bind', '127.0.0.1', ...tlsArguments(free, files)] };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-tls-'));
    const options = await secure();
    port = options.port;
    server = await startRedisServer({ extraArguments: options.arguments });
    setDefaultCACertificates([...known, VALID.cert]);
  });
  afterAll(async () => {
    setDefaultCACertificates(known);
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('is used if its certificate is trusted', async () => {
    await takesLeaseAndJob(`rediss://localhost:${port}`);
  });

  it('is not used if its certificate is from an unknown CA', async () => {
    setDefaultCACertificates(known);
    onTestFinished(() => setDefaultCACertificates([...known, VALID.cert]));
    const redis = createRedis({ url: `rediss://localhost:${port}` }, log, 'command');
    onTestFinished(() => redis.disconnect());
    const [error] = (await once(redis, 'error')) as [Error];
    expect(error.message).toMatch(/self-signed certificate/);
    expect(redis.status).not.toBe('ready');
  });

  it('is used as a Cluster', async () => {
    const cluster = await startRedisCluster(writeTlsFiles(folder));
    onTestFinished(() => cluster?.stop());
    const [first, second] = cluster?.ports ?? [];
    await takesLeaseAndJob(`rediss+cluster://127.0.0.1:${first}?node=127.0.0.1:${second}`);
  });

  it('is found by Sentinels that speak TLS themselves', async () => {
    const sentinel = await secure();
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `sentinel monitor zephyr 127.0.0.1 ${port} 1\n`);
    const child = spawn('redis-server', [file, '--sentinel', ...sentinel.arguments]);
    onTestFinished(() => end(child));
    await takesLeaseAndJob(`rediss+sentinel://zephyr?node=127.0.0.1:${sentinel.port}`);
  });
});

/** Over our own connection and over BullMQ's. */
async function takesLeaseAndJob(url: string): Promise<void> {
  const redis = createRedis({ url }, log, 'command');
  const queue = new Queue('tls', {
    prefix: QUEUE_PREFIX,
    connection: bullConnection({ url }, 'queue'),
  });
  queue.on('error', () => undefined);
  try {
    await eventually(async () => {
      const lease = await acquireLease(redis, url);
      // Another test may hold it, on the same server.
      expect(['held', 'taken']).toContain(lease.status);
      await queue.add('tried', {});
    }, 100);
  } finally {
    redis.disconnect();
    await queue.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
