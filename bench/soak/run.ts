/** One soak: everything starts, runs under faults, becomes idle, and is judged. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { UsageRow } from '@zephyr/contract/usage/usage';
import { call } from '@zephyr/testkit/http-call';

import { type Endpoint, startEndpoints, well } from '../never-worse/endpoint.ts';
import type { Service } from '../never-worse/services.ts';
import { plainClient } from './clients.ts';
import { type Disturbances, disturb } from './disturbances.ts';
import { behaveWell, breakEndpoints, type Trouble } from './endpoint-faults.ts';
import { Ledger } from './ledger.ts';
import { Logs } from './logs.ts';
import { Memory } from './memory.ts';
import { live, type Person, POISONER, peopleOf, poison, type Sent } from './people.ts';
import { Secrets } from './secrets.ts';
import { type Stall, watchStalls } from './stalls.ts';
import { ENDPOINTS, PROXIES, type SoakSystem, startSystem, statusOf, TOKENS } from './system.ts';
import { until } from './until.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** All observations, to be judged. */
export interface Played {
  readonly options: SoakOptions;
  readonly startedAtMs: number;
  readonly endpoints: readonly Endpoint[];
  readonly people: readonly Person[];
  readonly sent: readonly Sent[];
  readonly direct: readonly Sent[];
  readonly poison: number;
  readonly ledger: Ledger;
  readonly troubles: readonly Trouble[];
  readonly disturbances: Disturbances;
  readonly stalls: readonly Stall[];
  readonly rows: readonly UsageRow[];
  /** Sums of the usage report, by person and by endpoint. */
  readonly reports: readonly unknown[];
  readonly secrets: Secrets;
  readonly memory: Memory;
  readonly logs: Logs;
}

/** Before the first fault: some ordinary work. */
const CALM_MS = 3_000;
/** The last faults end before the last requests. */
const LAST_MS = 8_000;
const SAMPLE_MS = 5_000;
/** Time after which another proxy writes what a killed one left on disk. */
const ADOPTED_MS = 20_000;

interface Stage {
  readonly options: SoakOptions;
  readonly endpoints: readonly Endpoint[];
  readonly people: readonly Person[];
  readonly system: SoakSystem;
  readonly ledger: Ledger;
  readonly secrets: Secrets;
  readonly logs: Logs;
}

export async function playSoak(options: SoakOptions): Promise<Played> {
  const people = peopleOf(PROXIES, options.seed);
  const keys = new Map(people.map(({ name, key }) => [name, key]));
  const tokens = TOKENS.map(({ token }) => token);
  const secrets = new Secrets(tokens, keys);
  const logs = new Logs(secrets);
  const ledger = new Ledger((endpoint, request) => {
    const own = TOKENS.find(({ endpoints }) => endpoints.some((name) => name === endpoint));
    secrets.search(`a request to ${endpoint}`, request, [own?.token ?? '', Secrets.prompt]);
  });
  const endpoints = await startEndpoints(ENDPOINTS, () => well(0));
  for (const endpoint of endpoints) behaveWell(endpoint, ledger);
  let system: SoakSystem | undefined;
  try {
    system = await startSystem(endpoints, keys, (service, line) => logs.add(service, line));
    return await play({ options, endpoints, people, system, ledger, secrets, logs });
  } catch (error) {
    throw new Error(`the soak broke off:\n${logs.tail()}`, { cause: error });
  } finally {
    for (const { client } of people) client.close();
    await system?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  }
}

async function play(stage: Stage): Promise<Played> {
  const { options, system, endpoints, people, ledger, secrets, logs } = stage;
  const startedAtMs = performance.now();
  const untilMs = startedAtMs + options.seconds * 1_000;
  const memory = new Memory();
  const watch = setInterval(() => watchProcesses(system, memory, secrets), SAMPLE_MS);
  const stalling = watchStalls();
  const troubles: Trouble[] = [];
  const disturbances: Disturbances = { events: [], outages: [], emptied: [], ended: new Set() };
  logs.expectEndsOf(disturbances.ended);
  const asked = ask(stage, untilMs);
  await sleep(CALM_MS);
  const about = { seed: options.seed, untilMs: untilMs - LAST_MS };
  await Promise.all([
    breakEndpoints(endpoints, { ...about, ledger, troubles }),
    disturb(system, { ...about, log: disturbances }),
  ]);
  const answers = await asked;
  options.say('idle; waiting until all usage is written');
  await settled(system, disturbances);
  watchProcesses(system, memory, secrets);
  clearInterval(watch);
  stalling.stop();
  await searchEverywhere(system, secrets);
  const rows = [...disturbances.emptied, ...(await system.redis.takeUsage('keep'))];
  const reports = await reportsOf(system);
  return {
    ...{ options, startedAtMs, endpoints, people, ledger, troubles, disturbances },
    ...{ rows, reports, secrets, memory, logs, stalls: stalling.stalls, ...answers },
  };
}

async function ask({ options, system, endpoints, people, secrets }: Stage, untilMs: number) {
  const sent: Sent[] = [];
  const direct: Sent[] = [];
  const see = (where: string, text: string): void =>
    secrets.search(`an answer to ${where}`, text, [Secrets.prompt]);
  const toProxies = people
    .filter(({ name }) => name !== POISONER)
    .map((person) =>
      live(person, () => portOf(system.proxies, person.proxy), {
        untilMs,
        note: (one) => {
          see(person.name, one.seen.error);
          sent.push(one);
        },
      }),
    );
  const toEndpoints = endpoints.map(({ name, port }) => {
    const client = plainClient({ streams: true, isKeptAlive: true });
    const person = { name: `direct-${name}`, key: 'none', proxy: -1, client, atOnce: 1 };
    const note = (one: Sent): void => void direct.push(one);
    return live({ ...person, pauseMs: 300 }, async () => port, { untilMs, note }).finally(() =>
      client.close(),
    );
  });
  const poisoner = people.find(({ name }) => name === POISONER);
  if (poisoner === undefined) throw new Error('no poisoner');
  const poisoned = poison(poisoner, () => portOf(system.proxies, poisoner.proxy), {
    ...{ seed: options.seed, untilMs },
    see: (text) => see(POISONER, text),
  });
  await Promise.all([...toProxies, ...toEndpoints]);
  return { sent, direct, poison: await poisoned };
}

/** Waits until it listens. */
async function portOf(proxies: readonly Service[], number: number): Promise<number> {
  const proxy = proxies[number];
  await until(`proxy ${number + 1} listens`, () => proxy?.port() !== undefined);
  return proxy?.port() ?? 0;
}

function watchProcesses({ services }: SoakSystem, memory: Memory, secrets: Secrets): void {
  memory.sample(services);
  for (const { label, pid } of services) {
    const now = pid();
    if (now !== undefined) secrets.searchProcesses(label, now);
  }
}

async function settled(system: SoakSystem, { outages }: Disturbances): Promise<void> {
  if (outages.length > 0) await sleep(ADOPTED_MS);
  await until('all usage is written', async () => {
    const all = await Promise.all(system.proxies.map(statusOf));
    return all.every(
      ({ usage, active_requests: active }) => usage.unwritten_requests === 0 && active === 0,
    );
  });
}

async function searchEverywhere(system: SoakSystem, secrets: Secrets): Promise<void> {
  for (const { label, port } of system.services) {
    for (const path of ['/metrics', '/status', '/diagnostics', '/api/state', '/nowhere']) {
      const answer = await call(port() ?? 0, { method: 'GET', path, body: '' });
      secrets.search(`${path} of ${label}`, `${JSON.stringify(answer.headers)} ${answer.text}`);
    }
  }
  for await (const piece of system.redis.everythingWritten()) secrets.search('redis', piece);
  secrets.searchFolder(system.folder, ['.env']);
}

/** Taken between two equal reports by person, because the prober keeps writing. */
async function reportsOf({ services }: SoakSystem): Promise<readonly unknown[]> {
  const port = services.find(({ name }) => name === 'controller')?.port();
  const read = async (by: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/usage?by=${by}`);
    return ((await response.json()) as { total?: unknown }).total;
  };
  let reports: readonly unknown[] = [];
  await until('usage is read between two probes', async () => {
    reports = [await read('person'), await read('endpoint')];
    return JSON.stringify(await read('person')) === JSON.stringify(reports[0]);
  });
  return reports;
}
