/**
 * Zephyr as people run it: one or more proxies, and, if a claim needs them, the controller, the prober and a
 * private Redis; all real processes, restarted when they end.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import type { ServiceName } from '@zephyr/runtime/service/service';

import { startPrivateRedis } from '../../packages/cli/src/launch/redis/private-redis.ts';
import { startServices, stopServices } from './services.ts';

export interface GroupSetup {
  readonly name: string;
  readonly urls: readonly string[];
  /** Tables of the group, such as its health check. */
  readonly config?: string;
}

export interface ProductSetup {
  readonly groups: readonly GroupSetup[];
  /** Further tables of config.toml. */
  readonly config?: string;
  /** `proxy`: only proxies, no Redis. `whole`: all services. */
  readonly extent: 'proxy' | 'whole';
  /** Default 1. */
  readonly proxies?: number;
}

export interface Product {
  /** Of each proxy. */
  readonly ports: readonly number[];
  /** Of the first proxy. */
  readonly port: number;
  /** Changes the files that the services read; they poll once a second. */
  configure(change: { readonly groups?: readonly GroupSetup[]; readonly token?: string }): void;
  /** The JSON of `/status` of the first proxy. */
  status(): Promise<ProgramStatus>;
  command(name: string, body: object): Promise<void>;
  /** Waits until the proxy routes by a snapshot in which each endpoint has been probed. */
  probed(): Promise<void>;
  /** Of the runs of this service. */
  pids(service: ServiceName): readonly number[];
  /** URL of the private Redis; empty if there is none. */
  readonly redisUrl: string;
  stop(): Promise<void>;
}

const TOKEN = 'sk-bench-token-of-the-team';
const MAX_LINES = 400;

/** Frequent probes by one direct request: the bench cannot wait for minutes. */
export const QUICK_PROBES = `[health_check]
style = "messages"
interval_seconds = 2
min_interval_seconds = 2
max_interval_seconds = 2
timeout_seconds = 1
`;

export async function startProduct(setup: ProductSetup): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-never-worse-'));
  const lines: string[] = [];
  const note = (line: string): void => {
    lines.push(line);
    if (lines.length > MAX_LINES) lines.shift();
  };
  let { groups } = setup;
  const configure: Product['configure'] = (change) => {
    groups = change.groups ?? groups;
    writeFileSync(join(folder, 'config.toml'), configText(groups, setup.config));
    if (change.token !== undefined) writeFileSync(join(folder, '.env'), envText(change.token));
  };
  configure({ token: TOKEN });
  const isWhole = setup.extent === 'whole';
  const redis = isWhole
    ? await startPrivateRedis({ dataFolder: undefined, print: note })
    : undefined;
  const services = startServices({
    ...{ folder, isWhole, proxies: setup.proxies ?? 1 },
    redisUrlOf: () => redis?.url ?? `unix://${folder}/none.sock`,
    onLine: (service, line) => note(`${service}: ${line}`),
  });
  const stop = async (): Promise<void> => {
    await stopServices(services);
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const all = await Promise.all(services.map(({ ready }) => ready)).catch(async (error) => {
    await stop();
    throw new Error(`Zephyr did not start:\n${lines.join('\n')}`, { cause: error });
  });
  const portsOf = (wanted: ServiceName): number[] =>
    all.filter((_, index) => services[index]?.name === wanted);
  const [port = 0] = portsOf('proxy');
  const [controllerPort = 0] = portsOf('controller');
  return {
    ports: portsOf('proxy'),
    port,
    configure,
    status: () => statusOf(port),
    command: (name, body) => sendCommand(controllerPort, name, body),
    probed: () => probed(port),
    pids: (wanted) => services.flatMap(({ name, pid }) => (name === wanted ? (pid() ?? []) : [])),
    redisUrl: redis?.url ?? '',
    stop,
  };
}

function envText(token: string): string {
  return `BENCH_TOKEN=${token}\n`;
}

function configText(groups: readonly GroupSetup[], further = ''): string {
  const ports = ['server', 'controller', 'prober'].map((name) => `[${name}]\nport = 0\n`);
  let number = 0;
  const tables = groups.map(({ name, urls, config = '' }) => {
    const endpoints = urls.map((url) => {
      number += 1;
      return `[[groups.endpoints]]\nname = "e${number}"\nurl = "${url}"\n`;
    });
    return `[[groups]]\nname = "${name}"\nauth_token_env = "BENCH_TOKEN"\n${config}${endpoints.join('')}`;
  });
  return [...ports, further, ...tables].join('\n');
}

async function statusOf(port: number): Promise<ProgramStatus> {
  const response = await fetch(`http://127.0.0.1:${port}/status`, {
    headers: { accept: 'application/json' },
  });
  return (await response.json()) as ProgramStatus;
}

/** Names of the endpoints that this proxy does not consider fully healthy. */
export function heldOut({ endpoints }: ProgramStatus): readonly string[] {
  return endpoints.filter(({ ejection }) => ejection.status !== 'admitted').map(({ name }) => name);
}

async function probed(port: number): Promise<void> {
  const untilMs = performance.now() + 30_000;
  while (performance.now() < untilMs) {
    const { endpoints } = await statusOf(port);
    if (endpoints.every(({ health }) => health !== 'unknown')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the endpoints were not probed within 30 s');
}

async function sendCommand(port: number, name: string, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/commands/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
}
