/** The random faults of Redis and the services, all from one seed. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import type { UsageRow } from '@zephyr/contract/usage/usage';

import type { Service } from '../never-worse/services.ts';
import { type Random, seededRandom, seedOf } from '../simulation/random.ts';
import { pick } from './endpoint-faults.ts';
import { type SoakSystem, statusOf } from './system.ts';
import { until } from './until.ts';

/** From a signal that stops a proxy until its next run is ready. */
export interface ProxyOutage {
  readonly proxy: number;
  readonly how: 'killed' | 'restarted';
  readonly fromMs: number;
  toMs: number;
}

export interface Disturbances {
  readonly events: { readonly atMs: number; readonly what: string }[];
  readonly outages: ProxyOutage[];
  /** The usage in Redis each time it was emptied. */
  readonly emptied: UsageRow[];
  /** Processes that we stopped; any other exit is unexpected. */
  readonly ended: Set<number>;
}

interface Scene {
  readonly system: SoakSystem;
  readonly random: Random;
  readonly log: Disturbances;
}

const GAP_MS = [1_000, 6_000] as const;
/** Share of two simultaneous faults, such as a proxy killed while Redis is frozen. */
const BOTH_SHARE = 0.4;
const FROZEN_MS = [2_000, 8_000] as const;
/** Longer than a proxy's usage file counts as belonging to a running process. */
const LONG_FROZEN_MS = 13_000;
const PARTITION_MS = [3_000, 12_000] as const;

/** The first proxy is never killed: its counts are exact, and its answers are never cut. */
const MORTAL_PROXY = 1;

export async function disturb(
  system: SoakSystem,
  about: { readonly seed: number; readonly untilMs: number; readonly log: Disturbances },
): Promise<void> {
  const { log, untilMs, seed } = about;
  const scene: Scene = { system, random: seededRandom(seedOf(seed, 2)), log };
  const { random } = scene;
  while (performance.now() < untilMs) {
    await sleep(random.between(...GAP_MS));
    const isOnRedis = random.next() < 0.4;
    const isBoth = random.next() < BOTH_SHARE;
    const both = [disturbRedis, disturbService];
    const chosen = isBoth ? both : [isOnRedis ? disturbRedis : disturbService];
    await Promise.all(chosen.map((act) => act(scene)));
    if (random.next() < 0.15) await emptyRedis(scene);
  }
}

function note({ log }: Scene, what: string): void {
  log.events.push({ atMs: performance.now(), what });
}

async function disturbRedis(scene: Scene): Promise<void> {
  const { system, random } = scene;
  const pid = system.redis.pid();
  const isKilled = random.next() < 0.5;
  const frozenMs = random.between(...FROZEN_MS);
  if (pid === undefined) return;
  note(scene, `redis ${isKilled ? 'killed' : 'frozen'}`);
  if (isKilled) signal(pid, 'SIGKILL');
  else await freeze(pid, frozenMs);
}

/**
 * Only when everything is acknowledged: a batch written without an acknowledgement would be written again to
 * a Redis that forgot the first. Waits until each proxy has been fully flushed since the last trouble, and
 * the files of killed ones are written.
 */
async function emptyRedis(scene: Scene): Promise<void> {
  const { system, log } = scene;
  const behind = new Set(system.proxies);
  await until('all usage is acknowledged', async () => {
    for (const proxy of behind) {
      if (proxy.port() === undefined) continue;
      const { usage, redis } = await statusOf(proxy);
      if (redis === 'connected' && usage.unwritten_requests === 0) behind.delete(proxy);
    }
    return behind.size === 0 && !hasUsageFiles(system.folder);
  });
  note(scene, 'redis emptied');
  log.emptied.push(...(await system.redis.takeUsage('empty')));
}

function hasUsageFiles(folder: string): boolean {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.some((name) => /usage-[^/]*\.json$/.test(name));
}

async function freeze(pid: number, ms: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  await sleep(ms);
  signal(pid, 'SIGCONT');
}

/** A process killed just before may be gone already. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

type Act = (scene: Scene, service: Service, pid: number) => Promise<void> | void;

const ACTS: Readonly<Record<string, Act>> = {
  killed: async (scene, service, pid) => {
    await endProxy(scene, service, { pid, signal: 'SIGKILL', how: 'killed' });
  },
  'asked to end': async (scene, service, pid) => {
    await endProxy(scene, service, { pid, signal: 'SIGTERM', how: 'restarted' });
  },
  frozen: ({ random }, _service, pid) => freeze(pid, random.between(...FROZEN_MS)),
  'frozen for long': (_scene, _service, pid) => freeze(pid, LONG_FROZEN_MS),
  'cut off from Redis': async ({ system, random }, service) => {
    const faultProxy = system.faultProxyOf(service);
    faultProxy.set({ kind: 'black_hole' });
    await sleep(random.between(...PARTITION_MS));
    faultProxy.set({ kind: 'open' });
  },
  'silently cut off from Redis': ({ system }, service) => system.faultProxyOf(service).silence(),
  'refused by Redis': async ({ system, random }, service) => {
    const faultProxy = system.faultProxyOf(service);
    await faultProxy.refuse();
    await sleep(random.between(...PARTITION_MS));
    await faultProxy.open();
  },
  'slow to Redis': async ({ system, random }, service) => {
    const faultProxy = system.faultProxyOf(service);
    faultProxy.set({ kind: 'slow', latencyMs: 150 });
    await sleep(random.between(...PARTITION_MS));
    faultProxy.set({ kind: 'open' });
  },
  'its clock jumps': (_scene, _service, pid) => signal(pid, 'SIGUSR2'),
};
const DEADLY = ['killed', 'asked to end'];
const DEADLY_SHARE = 0.4;

async function disturbService(scene: Scene): Promise<void> {
  const { system, random } = scene;
  const service = pick(system.services, random);
  const isMortal = service.name !== 'proxy' || service.number === MORTAL_PROXY;
  const isDeadly = isMortal && random.next() < DEADLY_SHARE;
  const harmless = Object.keys(ACTS).filter((name) => !DEADLY.includes(name));
  const what = pick(isDeadly ? DEADLY : harmless, random);
  const pid = service.pid();
  // It has just ended, or is starting.
  if (pid === undefined || service.port() === undefined) return;
  note(scene, `${service.label} ${what}`);
  await ACTS[what]?.(scene, service, pid);
}

async function endProxy(
  { log }: Scene,
  service: Service,
  act: { readonly pid: number; readonly signal: NodeJS.Signals; readonly how: ProxyOutage['how'] },
): Promise<void> {
  const outage: ProxyOutage = {
    ...{ proxy: service.number, how: act.how, fromMs: performance.now() },
    toMs: Number.POSITIVE_INFINITY,
  };
  if (service.name === 'proxy') log.outages.push(outage);
  log.ended.add(act.pid);
  signal(act.pid, act.signal);
  await until(`${service.label} is up again`, () => {
    const pid = service.pid();
    return pid !== undefined && pid !== act.pid && service.port() !== undefined;
  });
  outage.toMs = performance.now();
}
