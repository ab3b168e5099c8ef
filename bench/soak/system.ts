/** The system of the soak: two proxies, a controller and a prober, each behind a fault proxy to one Redis. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { clockJump } from '@zephyr/testkit/clock-jump';
import { type FaultProxy, startFaultProxy } from '@zephyr/testkit/fault-proxy';

import type { Endpoint } from '../never-worse/endpoint.ts';
import { QUICK_PROBES } from '../never-worse/product.ts';
import { type Service, startServices, stopServices } from '../never-worse/services.ts';
import { type SoakRedis, startSoakRedis } from './redis.ts';
import { until } from './until.ts';

export const PROXIES = 2;
/** Beyond any limit measured by the wall clock. */
const JUMP_MINUTES = 7;
const GROUPS = [
  { name: 'main', token: 'sk-soak-token-of-main-5b1f', endpoints: ['e1', 'e2'] },
  { name: 'backup', token: 'sk-soak-token-of-backup-c09a', endpoints: ['e3'] },
] as const;
export const ENDPOINTS = GROUPS.flatMap(({ endpoints }) => [...endpoints]).length;

/** Limits that nobody reaches, but that are counted and shared. */
const LIMITS = '[client_defaults]\nrequests_per_minute = 100000\ntokens_per_minute = 1000000000\n';

export interface SoakSystem {
  readonly folder: string;
  readonly redis: SoakRedis;
  readonly services: readonly Service[];
  readonly proxies: readonly Service[];
  /** Fault proxy from a service to Redis. */
  faultProxyOf(service: Service): FaultProxy;
  stop(): Promise<void>;
}

/** @param people names with their keys */
export async function startSystem(
  endpoints: readonly Endpoint[],
  people: ReadonlyMap<string, string>,
  onLine: (service: string, line: string) => void,
): Promise<SoakSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-soak-'));
  writeFileSync(join(folder, 'config.toml'), configText(endpoints, [...people.keys()]));
  writeFileSync(join(folder, '.env'), envText(people), { mode: 0o600 });
  const redis = await startSoakRedis();
  const labels = [...Array.from({ length: PROXIES }, (_, at) => `proxy ${at}`), ...OTHERS];
  const faultProxies = new Map<string, FaultProxy>();
  for (const label of labels) faultProxies.set(label, await startFaultProxy({ path: redis.path }));
  const faultProxy = (name: string, number: number): FaultProxy => {
    const found = faultProxies.get(name === 'proxy' ? `proxy ${number}` : name);
    if (found === undefined) throw new Error(`no fault proxy of ${name} ${number}`);
    return found;
  };
  const services = startServices({
    ...{ folder, onLine, proxies: PROXIES, isWhole: true },
    redisUrlOf: (name, number) => `redis://127.0.0.1:${faultProxy(name, number).port}`,
    nodeFlags: ['--import', clockJump(JUMP_MINUTES)],
  });
  const stop = async (): Promise<void> => {
    await stopServices(services);
    await Promise.all([...faultProxies.values()].map((one) => one.stop()));
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const proxies = services.filter(({ name }) => name === 'proxy');
  try {
    await Promise.all(services.map(({ ready }) => ready));
    for (const proxy of proxies) await probed(proxy);
  } catch (error) {
    await stop();
    throw error;
  }
  const faultProxyOf = ({ name, number }: Service): FaultProxy => faultProxy(name, number);
  return { folder, redis, services, proxies, faultProxyOf, stop };
}

const OTHERS = ['controller', 'prober'];

export async function statusOf(proxy: Service): Promise<ProgramStatus> {
  const response = await fetch(`http://127.0.0.1:${proxy.port()}/status`, {
    headers: { accept: 'application/json' },
  });
  return (await response.json()) as ProgramStatus;
}

/** Waits until it routes by a snapshot in which each endpoint has been probed. */
function probed(proxy: Service): Promise<void> {
  return until(`${proxy.label} knows all endpoints`, async () => {
    const { endpoints } = await statusOf(proxy);
    return endpoints.every(({ health }) => health === 'healthy');
  });
}

/** Each token with the endpoints allowed to see it. */
export const TOKENS = GROUPS.map(({ token, endpoints }) => ({ token, endpoints }));

function envText(people: ReadonlyMap<string, string>): string {
  const tokens = GROUPS.map(({ name, token }) => `${tokenVariable(name)}=${token}\n`);
  const clientKeys = [...people].map(([name, key]) => `${keyVariable(name)}=${key}\n`);
  return [...tokens, ...clientKeys].join('');
}

const variable = (name: string): string => name.toUpperCase().replaceAll('-', '_');
const tokenVariable = (group: string): string => `TOKEN_${variable(group)}`;
const keyVariable = (person: string): string => `KEY_${variable(person)}`;

function configText(endpoints: readonly Endpoint[], people: readonly string[]): string {
  const urls = new Map(endpoints.map(({ name, url }) => [name, url]));
  const ports = ['server', 'controller', 'prober'].map((name) => `[${name}]\nport = 0\n`);
  const groups = GROUPS.map(({ name, endpoints: names }) => {
    const tables = names.map(
      (of) => `[[groups.endpoints]]\nname = "${of}"\nurl = "${urls.get(of)}"\n`,
    );
    return `[[groups]]\nname = "${name}"\nauth_token_env = "${tokenVariable(name)}"\n${tables.join('')}`;
  });
  const clients = people.map(
    (name) => `[[clients]]\nname = "${name}"\nkey_env = "${keyVariable(name)}"\n`,
  );
  return [...ports, QUICK_PROBES, LIMITS, ...groups, ...clients].join('\n');
}
