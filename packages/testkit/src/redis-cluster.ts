/** A private Redis Cluster of three primaries with a replica each, stopped with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type TlsFiles, tlsArguments } from './redis-tls.ts';

export interface RedisCluster {
  /** The port of each node. */
  readonly ports: readonly number[];
  /** Kills a node without notice, as when its machine dies. */
  kill(port: number): Promise<void>;
  stop(): Promise<void>;
}

const NODES = 6;
const START_TIMEOUT_MS = 30_000;
/** After this much silence a node counts as dead. */
const NODE_TIMEOUT_MS = 1_000;
/** The cluster bus of a node listens on its port plus this. */
const BUS_OFFSET = 10_000;

/** @returns undefined if the programs are not installed. */
export async function startRedisCluster(
  tls: TlsFiles | undefined = undefined,
): Promise<RedisCluster | undefined> {
  const hasPrograms = ['redis-server', 'redis-cli'].every(
    (program) => spawnSync(program, ['--version']).status === 0,
  );
  if (!hasPrograms) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-cluster-'));
  const ports = await freePorts();
  const children = new Map(ports.map((port) => [port, startNode(port, folder, tls)]));
  const kill = async (port: number) => {
    const child = children.get(port);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async () => {
    await Promise.all(ports.map(kill));
    rmSync(folder, { recursive: true, force: true });
  };
  const ask = (port: number, ...command: string[]): string =>
    spawnSync('redis-cli', [...clientArguments(tls), '-p', String(port), ...command], {
      encoding: 'utf8',
    }).stdout;
  // Only a replica with its primary's data may take over.
  const isLinkedReplica = (port: number) =>
    ask(port, 'info', 'replication').includes('master_link_status:up');
  try {
    await until(() => ports.every((port) => ask(port, 'ping').includes('PONG')));
    joinNodes(ports, clientArguments(tls));
    await until(() => ports.every((port) => ask(port, 'cluster', 'info').includes('state:ok')));
    await until(() => ports.filter(isLinkedReplica).length === NODES / 2);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ports, kill, stop };
}

function startNode(port: number, folder: string, tls: TlsFiles | undefined): ChildProcess {
  const own = join(folder, String(port));
  mkdirSync(own);
  return spawn(
    'redis-server',
    [
      ...(tls === undefined ? ['--port', String(port)] : tlsArguments(port, tls)),
      ...(tls === undefined ? [] : ['--tls-cluster', 'yes']),
      ...['--bind', '127.0.0.1', '--dir', own, '--save', ''],
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
      ...['--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0'],
    ],
    { stdio: 'ignore' },
  );
}

function joinNodes(ports: readonly number[], login: readonly string[]): void {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const args = [
    ...login,
    '--cluster',
    'create',
    ...addresses,
    '--cluster-replicas',
    '1',
    '--cluster-yes',
  ];
  const { status, stdout, stderr } = spawnSync('redis-cli', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`redis-cli cannot create a cluster: ${stdout}${stderr}`);
}

function clientArguments(tls: TlsFiles | undefined): readonly string[] {
  return tls === undefined ? [] : ['--tls', '--cacert', tls.cert];
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error('the cluster did not come up');
    await sleep(100);
  }
}

/** Low enough that the port of the bus is valid too. */
async function freePorts(): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 20_000 + (process.pid % 20_000); ports.length < NODES; port += 1) {
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
