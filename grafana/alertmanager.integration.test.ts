/**
 * An alert of ours on its way through a real Alertmanager with the file that is shipped: to the
 * webhook, once, without the consequences of its cause.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const shipped = read('alertmanager/alertmanager.yml');
const IMAGE = /image: (prom\/alertmanager:\S+)/.exec(read('../docker-compose.yml'))?.[1] ?? '';

/** Its program on this machine (Debian's has another name), else its image; never downloaded. */
const program = ['alertmanager', 'prometheus-alertmanager'].find((name) => runs(name, '--version'));
const hasImage = runs('docker', 'image', 'inspect', IMAGE);
const missing = program === undefined && !hasImage;
if (missing) console.log(`alertmanager: not run, neither its program nor ${IMAGE} is there`);
else console.log(`alertmanager of these tests: ${program ?? IMAGE}`);

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Notification {
  readonly receiver: string;
  readonly status: string;
  readonly alerts: readonly Alert[];
}

const START_LIMIT_MS = 30_000;

describe.skipIf(missing)('the Alertmanager', () => {
  const received: Notification[] = [];
  let folder: string;
  let webhook: Server;
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-alertmanager-'));
    mkdirSync(join(folder, 'data'));
    webhook = createServer(async (request, response) => {
      received.push(JSON.parse(await text(request)) as Notification);
      response.end();
    });
    const config = shipped
      .replace(/http:\/\/webhook\.example:\d+/, `http://127.0.0.1:${await portOf(webhook)}`)
      .replace(/group_wait: \w+/, 'group_wait: 1s');
    writeFileSync(join(folder, 'alertmanager.yml'), config);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = start(folder, port);
    await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).ok).toBe(true), {
      timeout: START_LIMIT_MS,
      interval: 100,
    });
  }, START_LIMIT_MS + 5_000);

  afterAll(async () => {
    if (child?.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    webhook?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells the webhook of the cause, and keeps its consequences to itself', async () => {
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(['ZephyrAllEndpointsDown', 'ZephyrErrorRate'].map(ruleOf)),
    });
    expect(answer.status).toBe(200);
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(0), 20_000);
    expect(received[0]).toMatchObject({ receiver: 'team', status: 'firing' });
    expect(received[0]?.alerts[0]).toMatchObject(ruleOf('ZephyrAllEndpointsDown'));
    const held = (await (
      await fetch(`${url}/api/v2/alerts?active=false&inhibited=true`)
    ).json()) as readonly Alert[];
    expect(held.map(({ labels }) => labels['alertname'])).toEqual(['ZephyrErrorRate']);
    const told = received.flatMap(({ alerts }) => alerts.map(({ labels }) => labels['alertname']));
    expect(told).toEqual(['ZephyrAllEndpointsDown']);
  });
});

/** As Prometheus sends it when the rule fires. */
function ruleOf(alertname: string): Alert {
  const rules = read('prometheus/rules/zephyr.yml');
  const rule = rules.split('- alert: ').find((part) => part.startsWith(`${alertname}\n`)) ?? '';
  const field = (name: string) =>
    new RegExp(`\\b${name}: (.+?)(?: })?$`, 'm').exec(rule)?.[1] ?? '';
  return {
    labels: { alertname, severity: field('severity') },
    annotations: { summary: field('summary'), runbook_url: field('runbook_url') },
  };
}

function start(folder: string, port: number): ChildProcess {
  const options = (home: string) => [
    ...[`--config.file=${home}/alertmanager.yml`, `--storage.path=${home}/data`],
    ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
  ];
  if (program !== undefined) return spawn(program, options(folder), { stdio: 'ignore' });
  const user = `${process.getuid?.()}:${process.getgid?.()}`;
  const container = [
    ...['run', '--rm', '--init', '--pull=never', '--network=host', `--user=${user}`],
    ...[`--volume=${folder}:/zephyr`, IMAGE],
  ];
  return spawn('docker', [...container, ...options('/zephyr')], { stdio: 'ignore' });
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
