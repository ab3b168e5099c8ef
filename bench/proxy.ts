/**
 * What the data path costs: direct, this proxy, the library's plain middleware, a hand-piped Node
 * proxy and nginx, in one run on loopback. Read the ratios: absolute times are of this machine.
 *
 *     node bench/proxy.ts [rounds]
 *
 * In each round every candidate has its turn, so that a busy moment of the machine hits them all;
 * the median of the rounds is shown.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import {
  type Contender,
  startNginx,
  startScript,
  startZephyr,
} from '../services/proxy/bench/contenders.ts';
import {
  atOnce,
  cpuMs,
  inTurn,
  median,
  newAgent,
  once,
  rssBytes,
  warmUp,
} from '../services/proxy/bench/load.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
/** Of requests one after the other: each takes a part of a second, and the machine is noisy. */
const LATENCY_ROUNDS = 20 * ROUNDS;
const JSON_PATH = '/v1/messages?bench=json';
const SMALL = bodyOf(1_000);
const LARGE = bodyOf(100_000);
const STREAMS = 1_000;
const EVENTS = 100;
const GAP_MS = 100;
/** Until all streams are open and what they run is compiled. */
const STREAMS_SETTLE_MS = 2_000;
const SECONDS_MEASURED = 7;

/** Keys in the order of Claude Code's requests. */
function bodyOf(bytes: number): Buffer {
  const messages = [{ role: 'user', content: 'x'.repeat(bytes) }];
  return Buffer.from(JSON.stringify({ model: 'claude-haiku-4-5', messages, stream: false }));
}

type Measure = (candidate: Contender) => Promise<number>;

async function cpuOf(candidate: Contender, work: () => Promise<void>): Promise<number> {
  const { pid } = candidate;
  const before = pid === undefined ? 0 : cpuMs(pid);
  await work();
  return pid === undefined ? Number.NaN : cpuMs(pid) - before;
}

const firstByteUs: Measure = async ({ port }) => {
  return median(await inTurn({ port, path: JSON_PATH, body: SMALL }, 200)) * 1000;
};

const cpuSmallUs: Measure = async (candidate) => {
  const count = 12_000;
  const load = { port: candidate.port, path: JSON_PATH, body: SMALL };
  return ((await cpuOf(candidate, () => atOnce(load, 64, count))) / count) * 1000;
};

const cpuLargeUs: Measure = async (candidate) => {
  const count = 3_000;
  const load = { port: candidate.port, path: JSON_PATH, body: LARGE };
  return ((await cpuOf(candidate, () => atOnce(load, 16, count))) / count) * 1000;
};

/** CPU per event in µs while all streams run, and memory per stream in KiB at the height. */
async function streams(candidate: Contender, body: Buffer): Promise<{ cpu: number; rss: number }> {
  const path = `/v1/messages?bench=sse&events=${EVENTS}&gap=${GAP_MS}`;
  const load = { port: candidate.port, path, body };
  const agent = newAgent(STREAMS);
  const pid = candidate.pid ?? process.pid;
  // Compiled, but with the memory of a process that has just begun.
  await atOnce({ ...load, path: JSON_PATH, body: SMALL }, 8, 500);
  const rssBefore = rssBytes(pid);
  let highest = rssBefore;
  const watch = setInterval(() => {
    highest = Math.max(highest, rssBytes(pid));
  }, 200);
  const ended = Promise.all(Array.from({ length: STREAMS }, () => once(load, agent)));
  await sleep(STREAMS_SETTLE_MS);
  const seconds: number[] = [];
  for (let second = 0; second < SECONDS_MEASURED; second += 1) {
    const startedAtMs = performance.now();
    const cpu = await cpuOf(candidate, () => sleep(1_000));
    const events = ((performance.now() - startedAtMs) / GAP_MS) * STREAMS;
    seconds.push((cpu / events) * 1000);
  }
  await ended;
  clearInterval(watch);
  agent.destroy();
  return { cpu: median(seconds), rss: (highest - rssBefore) / 1024 / STREAMS };
}

async function measured(
  candidates: readonly Contender[],
  measure: Measure,
  rounds: number = ROUNDS,
): Promise<ReadonlyMap<string, number>> {
  const values = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) {
      values.get(candidate.name)?.push(await measure(candidate));
    }
  }
  return new Map([...values].map(([name, of]) => [name, median(of)]));
}

/** Fresh processes each time: what earlier loads left in the heap would hide what streams take. */
async function streamCosts(
  starts: readonly (() => Promise<Contender | undefined>)[],
  body: Buffer,
): Promise<{ cpu: ReadonlyMap<string, number>; rss: ReadonlyMap<string, number> }> {
  const costs = new Map<string, { cpu: number; rss: number }[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const start of starts) {
      const candidate = await start();
      if (candidate === undefined) continue;
      const all = costs.get(candidate.name) ?? [];
      all.push(await streams(candidate, body));
      costs.set(candidate.name, all);
      candidate.stop();
    }
  }
  const medianOf = (key: 'cpu' | 'rss'): ReadonlyMap<string, number> =>
    new Map([...costs].map(([name, all]) => [name, median(all.map((cost) => cost[key]))]));
  return { cpu: medianOf('cpu'), rss: medianOf('rss') };
}

function show(title: string, values: ReadonlyMap<string, number>, base: string): void {
  const reference = values.get(base) ?? Number.NaN;
  const cells = [...values].map(([name, value]) => {
    const ratio = name === base ? '' : ` (${(value / reference).toFixed(2)}×)`;
    return Number.isNaN(value)
      ? `${name} –`
      : `${name} ${value.toFixed(value < 100 ? 1 : 0)}${ratio}`;
  });
  console.log(`${title.padEnd(44)} ${cells.join('   ')}`);
}

async function failoverMs(name: string, urls: readonly string[], config: string): Promise<number> {
  const zephyr = await startZephyr(name, { urls, config });
  const load = { port: zephyr.port, path: JSON_PATH, body: SMALL };
  await warmUp(load);
  const result = median(await inTurn(load, 300));
  zephyr.stop();
  return result;
}

const upstream = await startScript('upstream', 'upstream-main.ts');
const url = `http://127.0.0.1:${upstream.port}`;
const direct: Contender = { ...upstream, name: 'direct', pid: undefined };
const roomy = '[limits]\nactive_requests_per_client = 5000\n';
const starts: readonly (() => Promise<Contender | undefined>)[] = [
  () => startScript('raw', 'raw-main.ts', String(upstream.port)),
  () => startZephyr('zephyr', { urls: [url], config: roomy }),
  () => startScript('plain', 'plain-main.ts', String(upstream.port)),
  () => startNginx(upstream.port),
];
const started = await Promise.all(starts.map((start) => start()));
const proxies = started.filter((candidate) => candidate !== undefined);
try {
  console.log(`${ROUNDS} rounds; ratios to raw, a hand-piped node:http proxy\n`);
  // Both the load and the candidates have to be compiled by now, or the first in turn pays for it.
  for (const { port } of [direct, ...proxies]) {
    await warmUp({ port, path: JSON_PATH, body: SMALL });
  }
  const latency = await measured([direct, ...proxies], firstByteUs, LATENCY_ROUNDS);
  const directUs = latency.get('direct') ?? 0;
  const added = new Map([...latency].slice(1).map(([name, us]) => [name, us - directUs]));
  show('added time to first byte, one at a time, µs', added, 'raw');
  show('CPU per request, 1 KB body, µs', await measured(proxies, cpuSmallUs), 'raw');
  show('CPU per request, 100 KB body, µs', await measured(proxies, cpuLargeUs), 'raw');
  for (const [size, body] of [
    ['1 KB', SMALL],
    ['100 KB', LARGE],
  ] as const) {
    const { cpu, rss } = await streamCosts(starts, body);
    show(`${STREAMS} streams, ${size} bodies: CPU per event, µs`, cpu, 'raw');
    show(`${STREAMS} streams, ${size} bodies: KiB per stream`, rss, 'raw');
  }
  console.log(`\nfailover, added to ${((latency.get('zephyr') ?? 0) / 1000).toFixed(2)} ms:`);
  const tolerant =
    '[failover]\nfailures_to_eject = 1000000\nretry_ratio = 1\nretries_per_second = 100\n';
  const refusing = await startScript('refusing', 'refusing-main.ts');
  const good = await failoverMs('one endpoint', [url], tolerant);
  const first503 = await failoverMs('503', [`http://127.0.0.1:${refusing.port}`, url], tolerant);
  refusing.stop();
  console.log(`  503 first      ${(first503 - good).toFixed(2)} ms`);
  console.log(`  refused first  ${(await refusedMs(url)).toFixed(2)} ms`);
} finally {
  for (const candidate of [upstream, ...proxies]) candidate.stop();
}

/** A refused connection ejects at once, so each sample needs a fresh proxy: many dead ones first. */
async function refusedMs(good: string): Promise<number> {
  const count = 40;
  const urls = Array.from({ length: count }, (_, index) => `http://127.0.0.1:1/${index}`);
  const zephyr = await startZephyr('refused', { urls: [...urls, good] });
  const load = { port: zephyr.port, path: JSON_PATH, body: SMALL };
  const [first = 0] = await inTurn(load, 1);
  const later = median(await inTurn(load, 50));
  zephyr.stop();
  return (first - later) / count;
}
