/** A proxy in this process for tests: real sockets, with access to its log and files. */
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config, Secrets } from '@zephyr/runtime/config/config';
import { type LoadedConfig, parseConfig } from '@zephyr/runtime/config/read/load';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import type { ServiceContext } from '@zephyr/runtime/service/service';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';
import pino from 'pino';

import { startProxy } from '../proxy.ts';

/**
 * Longer than any test: a test of a limit uses a `ManualClock`, or its own limit that nothing else in the
 * test can reach.
 */
export const PATIENT_TIMES = {
  connectMs: 20_000,
  firstByteMs: 40_000,
  firstBytePerMibMs: 0,
  wholeAnswerMs: 40_000,
  gateMs: 20_000,
  idleMs: 40_000,
  clientStallMs: 40_000,
  totalMs: 120_000,
  headersMs: 20_000,
  requestMs: 40_000,
  keepAliveMs: 5_000,
  drainDelayMs: 0,
  drainMs: 5_000,
};

export interface TestProxyOptions {
  /** Base URLs; the endpoints are named e1, e2, … and share one group unless `groups` is given. */
  readonly endpoints: readonly string[];
  /** Replaces e1, e2, … */
  readonly names?: readonly string[];
  /** One group name for each endpoint. */
  readonly groups?: readonly string[];
  /** Lines of TOML for every group, or by group. */
  readonly groupKeys?: string | Readonly<Record<string, string>>;
  /** Lines of TOML by the name of an endpoint. */
  readonly endpointKeys?: Readonly<Record<string, string>>;
  /** Further tables of the file. */
  readonly tables?: string;
  /** In addition to the tokens of the groups. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeouts?: Partial<Config['timeouts']>;
  readonly limits?: Partial<Config['limits']>;
  readonly failover?: Partial<Config['failover']>;
  readonly sessions?: Partial<Config['sessions']>;
  readonly server?: Partial<Config['server']>;
  readonly clientKeys?: Secrets['clientKeys'];
  /** For our own HTTPS. */
  readonly certificate?: Secrets['ownCertificates']['server'];
  readonly redisUrl?: string;
  /** In a folder owned by the caller, who must give one outside a test; otherwise in one of the test. */
  readonly snapshotPath?: string;
  readonly lookup?: LookupFunction;
  readonly clock?: Clock;
  readonly id?: string;
  readonly configSource?: ConfigSource;
  /** Called with the configuration as the proxy receives it. */
  readonly onLoaded?: (loaded: LoadedConfig) => void;
}

export interface TestProxy {
  readonly port: number;
  readonly id: string;
  readonly configHash: string;
  readonly snapshotPath: string;
  /** All log output. */
  log(): string;
  status(): Promise<ProgramStatus>;
  metrics(): Promise<string>;
  /** Attempts by `<endpoint> <outcome>`. */
  attempts(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** The token of a group; a canary that must not appear anywhere else. */
export function tokenOf(group: string): string {
  return `canary-${group}-3f9a1c77d2`;
}

export async function startTestProxy(options: TestProxyOptions): Promise<TestProxy> {
  const snapshotPath = options.snapshotPath ?? join(folderOfTest('proxy'), 'snapshot.json');
  const lines: string[] = [];
  const context = contextOf(options, lines);
  const service = await startProxy(context, {
    snapshotPath,
    lookup: options.lookup,
    clock: options.clock,
  });
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${service.port}${path}`);
  let stopped: Promise<void> | undefined;
  return {
    port: service.port,
    id: context.instanceId,
    configHash: context.config.hash,
    snapshotPath,
    log: () => lines.join(''),
    status: async () => (await (await get('/status')).json()) as ProgramStatus,
    metrics: async () => (await get('/metrics')).text(),
    attempts: async () => attemptsIn(await (await get('/metrics')).text()),
    stop: () => {
      stopped ??= service.stop('asked');
      return stopped;
    },
  };
}

function attemptsIn(metrics: string): Record<string, number> {
  const line = /^zephyr_proxy_attempts_total\{endpoint="(.+?)",outcome="(.+?)"\} (\d+)$/gm;
  return Object.fromEntries(
    [...metrics.matchAll(line)].map(([, id, outcome, count]) => [
      `${id} ${outcome}`,
      Number(count),
    ]),
  );
}

function contextOf(options: TestProxyOptions, lines: string[]): ServiceContext {
  const loaded = parseConfig({
    path: 'config.toml',
    text: `${configText(options)}\n${options.tables ?? ''}`,
    variables: (name) =>
      name.startsWith('TOKEN_') ? tokenOf(name.slice(6)) : options.variables?.[name],
  });
  const { config, secrets } = loaded;
  const log = pino(
    { level: 'debug' },
    new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(line.toString());
        done();
      },
    }),
  );
  const adjusted: LoadedConfig = {
    ...loaded,
    config: {
      ...config,
      server: { ...config.server, port: 0, ...options.server },
      timeouts: { ...config.timeouts, ...PATIENT_TIMES, ...options.timeouts },
      limits: { ...config.limits, ...options.limits },
      failover: { ...config.failover, ...options.failover },
      sessions: { ...config.sessions, ...options.sessions },
    },
    secrets: {
      ...secrets,
      clientKeys: options.clientKeys ?? [],
      ownCertificates: { ...secrets.ownCertificates, server: options.certificate },
    },
  };
  options.onLoaded?.(adjusted);
  return {
    name: 'proxy',
    instanceId: options.id ?? `test-${Math.random().toString(36).slice(2, 8)}`,
    config: adjusted.config,
    secrets: adjusted.secrets,
    environment: {},
    files: { config: '', envFile: '' },
    configSource: options.configSource ?? unchanging(adjusted),
    // Nothing listens there: the proxy serves without Redis unless a test provides one.
    redis: { url: options.redisUrl ?? `unix://${tmpdir()}/zephyr-no-redis.sock` },
    log,
  };
}

function unchanging(loaded: LoadedConfig): ConfigSource {
  return {
    current: () => loaded,
    subscribe: () => undefined,
    reload: () => ({ status: 'applied', loaded }),
    tokenRefused: () => undefined,
    stop: () => undefined,
  };
}

function configText(options: TestProxyOptions): string {
  const { endpoints, names = [], groups = [], groupKeys = '', endpointKeys = {} } = options;
  const byGroup = new Map<string, string[]>();
  for (const [index, url] of endpoints.entries()) {
    const group = groups[index] ?? 'main';
    const lines = byGroup.get(group) ?? [];
    const name = names[index] ?? `e${index + 1}`;
    const keys = endpointKeys[name] ?? '';
    lines.push(`[[groups.endpoints]]\nname = "${name}"\nurl = "${url}"\n${keys}\n`);
    byGroup.set(group, lines);
  }
  const keysOf = (group: string) =>
    typeof groupKeys === 'string' ? groupKeys : (groupKeys[group] ?? '');
  return [...byGroup]
    .map(
      ([name, lines]) =>
        `[[groups]]\nname = "${name}"\nauth_token_env = "TOKEN_${name}"\n${keysOf(name)}\n${lines.join('')}`,
    )
    .join('\n');
}
