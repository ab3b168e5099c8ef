/**
 * The cost of the data path: direct, this proxy, the least that a proxy can do with the same library, the library's
 * plain middleware, a hand-piped Node proxy and nginx, in one run on loopback. Read the ratios: absolute times depend
 * on the machine.
 *
 *     node bench/proxy.ts [--rounds <number>] [--only requests|streams|more]… [--write]
 *
 * Every candidate runs in each round, so that noise hits them all. The ratios are compared with those in
 * data-path/figures.json; the exit code is 1 if we got worse by more than noise. With `--write` they are
 * stored there and in docs/data-path.md instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { startRedisServer } from '@zephyr/runtime/redis/private-server';

import {
  type Contender,
  startLeast,
  startNginx,
  startScript,
  startZephyr,
} from '../services/proxy/bench/contenders.ts';
import {
  atOnce,
  atRate,
  cpuMs,
  inTurn,
  type Load,
  median,
  newAgent,
  once,
  rssBytes,
  warmUp,
} from '../services/proxy/bench/load.ts';

import { eventCosts } from './data-path/event-costs.ts';
import { facts, inRounds, moreRows, type Rounding } from './data-path/more.ts';
import {
  addedTo,
  joined,
  type Rounds,
  type Row,
  regressions,
  roundsOfProcesses,
  rowOf,
  tableOf,
} from './data-path/rows.ts';
import { writePart } from './written-part.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
  },
});
const FIGURES = new URL('./data-path/figures.json', import.meta.url);
const DOCUMENT = new URL('../docs/data-path.md', import.meta.url);
const MARK = 'make bench';
const ROUNDS = Number(values.rounds);
/** Each takes half a minute for all candidates, in fresh processes. */
const STREAM_ROUNDS = Math.max(1, Math.round(ROUNDS / 5));
const EVENT_ROUNDS = 2 * ROUNDS;
/** For each round: of sequential requests it takes a fraction of a second, and the machine is noisy. */
const LATENCY_ROUNDS = 4;
/** For the event delay, which varies a lot between rounds. */
const DELAY_ROUNDS = 2 * STREAM_ROUNDS;
const ROUNDING: Rounding = {
  ...{ rounds: STREAM_ROUNDS, delayRounds: DELAY_ROUNDS, latencyRounds: LATENCY_ROUNDS * ROUNDS },
};
const JSON_PATH = '/v1/messages?bench=json';
const SMALL = bodyOf(1_000);
const LARGE = bodyOf(100_000);
const STREAMS = 1_000;
const EVENTS = 40;
const GAP_MS = 100;

/** Keys in the order of Claude Code's requests. */
function bodyOf(bytes: number): Buffer {
  const messages = [{ role: 'user', content: 'x'.repeat(bytes) }];
  return Buffer.from(JSON.stringify({ model: 'claude-haiku-4-5', messages, stream: false }));
}

type Measure = (candidate: Contender) => Promise<number>;

/** At a rate that every candidate can sustain, and at full load. */
const REQUEST_COSTS: readonly { readonly name: string; readonly measure: Measure }[] = [
  {
    name: '1 KB body, 1,000 a second',
    measure: cpuUs(SMALL, 2_000, (load) => atRate(load, 1_000, 2_000)),
  },
  {
    name: '1 KB body, as many as 64 connections ask',
    measure: cpuUs(SMALL, 3_000, (load) => atOnce(load, 64, 3_000)),
  },
  {
    name: '100 KB body, 250 a second',
    measure: cpuUs(LARGE, 500, (load) => atRate(load, 250, 500)),
  },
  {
    name: '100 KB body, as many as 16 connections ask',
    measure: cpuUs(LARGE, 1_000, (load) => atOnce(load, 16, 1_000)),
  },
];

async function cpuOf(candidate: Contender, work: () => Promise<void>): Promise<number> {
  const { pid } = candidate;
  const before = pid === undefined ? 0 : cpuMs(pid);
  await work();
  return pid === undefined ? Number.NaN : cpuMs(pid) - before;
}

const firstByteUs: Measure = async ({ port }) => {
  return median(await inTurn({ port, path: JSON_PATH, body: SMALL }, 200)) * 1000;
};

/** In µs per request, over `count` requests. */
function cpuUs(body: Buffer, count: number, fire: (load: Load) => Promise<void>): Measure {
  return async (candidate) => {
    const load = { port: candidate.port, path: JSON_PATH, body };
    return ((await cpuOf(candidate, () => fire(load))) / count) * 1000;
  };
}

/** Peak memory per stream in KiB. */
async function streamKib(candidate: Contender, body: Buffer): Promise<number> {
  const path = `/v1/messages?bench=sse&events=${EVENTS}&gap=${GAP_MS}`;
  const load = { port: candidate.port, path, body };
  const agent = newAgent(STREAMS);
  const pid = candidate.pid ?? process.pid;
  // Compiled, but with the memory of a fresh process.
  await atOnce({ ...load, path: JSON_PATH, body: SMALL }, 8, 500);
  const rssBefore = rssBytes(pid);
  let highest = rssBefore;
  const watch = setInterval(() => {
    highest = Math.max(highest, rssBytes(pid));
  }, 200);
  await Promise.all(Array.from({ length: STREAMS }, () => once(load, agent)));
  clearInterval(watch);
  agent.destroy();
  return (highest - rssBefore) / 1024 / STREAMS;
}

/** Fresh processes each time: heap left by earlier loads would hide the streams' memory. */
async function memoryRow(size: string, body: Buffer): Promise<Row> {
  const kib = new Map<string, number[]>();
  for (let round = 0; round < STREAM_ROUNDS; round += 1) {
    for (const start of startsAt(upstream.port)) {
      const candidate = await start();
      if (candidate === undefined) continue;
      const { name } = candidate;
      kib.set(name, [...(kib.get(name) ?? []), await streamKib(candidate, body)]);
      candidate.stop();
    }
  }
  return rowOf(`${STREAMS} streams, ${size} bodies: memory per stream`, 'KiB', kib);
}

const eventRow = (size: string, body: Buffer): Promise<Row> =>
  eventCosts(startsAt, { streams: STREAMS, size, body, rounds: EVENT_ROUNDS });

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
// Without Redis, a proxy writes its usage to a file, which is not its normal operation.
const redis = await startRedisServer();
const direct: Contender = { ...upstream, name: 'direct', pid: undefined };
const roomy = '[limits]\nactive_requests_per_client = 5000\n';
const startsAt = (port: number): readonly (() => Promise<Contender | undefined>)[] => [
  () => startScript('raw', 'raw-main.ts', String(port)),
  () =>
    startZephyr('zephyr', {
      urls: [`http://127.0.0.1:${port}`],
      config: roomy,
      redisUrl: redis.url,
    }),
  () => startScript('plain', 'plain-main.ts', String(port)),
  () => startNginx(port),
];

const ADDED = 'time to first byte, added, one at a time';
const nameOf = (cost: string): string => `CPU per request, ${cost}`;

async function requestRows(): Promise<readonly Row[]> {
  const sets: ReadonlyMap<string, Rounds>[] = [];
  for (const rounds of roundsOfProcesses(ROUNDS)) sets.push(await requestCosts(rounds));
  const of = (name: string): Rounds => joined(sets.map((set) => set.get(name) ?? new Map()));
  return [
    rowOf(ADDED, 'µs', of(ADDED)),
    ...REQUEST_COSTS.map(({ name }) => rowOf(nameOf(name), 'µs', of(nameOf(name)))),
  ];
}

/** By row, of one set of processes. */
async function requestCosts(rounds: number): Promise<ReadonlyMap<string, Rounds>> {
  const starts = [...startsAt(upstream.port), () => startLeast(upstream.port)];
  const started = await Promise.all(starts.map((start) => start()));
  const proxies = started.filter((candidate) => candidate !== undefined);
  // Warm up both the load and the candidates, otherwise the first one pays for it.
  for (const { port } of [direct, ...proxies]) {
    await warmUp({ port, path: JSON_PATH, body: SMALL });
  }
  const costs = new Map<string, Rounds>();
  const latency = await inRounds([direct, ...proxies], firstByteUs, LATENCY_ROUNDS * rounds);
  costs.set(ADDED, addedTo(latency));
  for (const { name, measure } of REQUEST_COSTS) {
    costs.set(nameOf(name), await inRounds(proxies, measure, rounds));
  }
  for (const { stop } of proxies) stop();
  return costs;
}

async function failovers(): Promise<readonly string[]> {
  const tolerant =
    '[failover]\nfailures_to_eject = 1000000\nretry_ratio = 1\nretries_per_second = 100\n';
  const refusing = await startScript('refusing', 'refusing-main.ts');
  const good = await failoverMs('one endpoint', [url], tolerant);
  const first503 = await failoverMs('503', [`http://127.0.0.1:${refusing.port}`, url], tolerant);
  refusing.stop();
  return [
    `a failover adds ${(first503 - good).toFixed(2)} ms after a 503`,
    `a failover adds ${(await refusedMs(url)).toFixed(2)} ms after a refused connection`,
  ];
}

/** A refused connection ejects immediately, so each sample needs a fresh proxy: many dead ones first. */
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

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  requests: requestRows,
  streams: async () => [
    await eventRow('1 KB', SMALL),
    await memoryRow('1 KB', SMALL),
    await eventRow('100 KB', LARGE),
    await memoryRow('100 KB', LARGE),
  ],
  more: () => moreRows(ROUNDING),
};

async function rowsOf(wanted: readonly string[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [part, measure] of Object.entries(PARTS)) {
    if (!wanted.includes(part)) continue;
    rows.push(...(await measure()));
    console.error(`${part} measured`);
  }
  return rows;
}

function textOf(rows: readonly Row[], others: readonly string[]): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  const about = `${new Date().toISOString().slice(0, 10)}, ${machine}, ${ROUNDS} rounds.`;
  return [about, '', tableOf(rows), '', ...others.map((line) => `- ${line}`)].join('\n');
}

try {
  const wanted = values.only ?? Object.keys(PARTS);
  const rows = await rowsOf(wanted);
  const others =
    values.only === undefined ? [...(await failovers()), ...(await facts(url, ROUNDING))] : [];
  const text = textOf(rows, others);
  console.log(text);
  const stored = JSON.parse(readFileSync(FIGURES, 'utf8')) as readonly Row[];
  const worse = regressions(stored, rows);
  console.log(worse.length === 0 ? '\nnothing got worse' : `\nWORSE\n${worse.join('\n')}`);
  if (values.write) {
    writeFileSync(FIGURES, `${JSON.stringify(rows, undefined, 2)}\n`);
    writePart(DOCUMENT, MARK, text);
  } else if (worse.length > 0) process.exitCode = 1;
} finally {
  upstream.stop();
  await redis.stop();
}
