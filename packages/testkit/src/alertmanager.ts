/** A private Alertmanager with the shipped file and a listening webhook, stopped with the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The body sent to the webhook. */
export interface Notification {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly Alert[];
}

export interface Alertmanager {
  readonly port: number;
  /** What the webhook has received, in order. */
  readonly received: readonly Notification[];
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const IMAGE = /image: (prom\/alertmanager:\S+)/.exec(read('docker-compose.yml'))?.[1] ?? '';
const START_TIMEOUT_MS = 30_000;

/** The program on this machine (Debian's has another name), else the image; never downloaded. */
export function findAlertmanager(): string | undefined {
  const program = ['alertmanager', 'prometheus-alertmanager'].find((name) =>
    runs(name, '--version'),
  );
  return program ?? (runs('docker', 'image', 'inspect', IMAGE) ? IMAGE : undefined);
}

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** The shipped file, with only the address of the webhook and the times changed. */
export async function startAlertmanager(program: string): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-alertmanager-'));
  mkdirSync(join(folder, 'data'));
  const received: Notification[] = [];
  const webhook = createServer(async (request, response) => {
    received.push(JSON.parse(await text(request)) as Notification);
    response.end();
  });
  const config = read('grafana/alertmanager/alertmanager.yml')
    .replace(/http:\/\/webhook\.example:\d+/, `http://127.0.0.1:${await portOf(webhook)}`)
    .replace(/group_wait: \w+/, 'group_wait: 1s')
    .replace(/group_interval: \w+/, 'group_interval: 1s');
  writeFileSync(join(folder, 'alertmanager.yml'), config);
  const port = await freePort();
  const child = start(program, folder, port);
  const stop = async () => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    webhook.close();
    rmSync(folder, { recursive: true, force: true });
  };
  await ready(port).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, received, stop };
}

function start(program: string, folder: string, port: number): ChildProcess {
  const options = (home: string) => [
    ...[`--config.file=${home}/alertmanager.yml`, `--storage.path=${home}/data`],
    ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
  ];
  if (program !== IMAGE) return spawn(program, options(folder), { stdio: 'ignore' });
  const user = `${process.getuid?.()}:${process.getgid?.()}`;
  const container = [
    ...['run', '--rm', '--init', '--pull=never', '--network=host', `--user=${user}`],
    ...[`--volume=${folder}:/zephyr`, IMAGE],
  ];
  return spawn('docker', [...container, ...options('/zephyr')], { stdio: 'ignore' });
}

async function ready(port: number): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`alertmanager is not ready after ${START_TIMEOUT_MS / 1000} s`);
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}
