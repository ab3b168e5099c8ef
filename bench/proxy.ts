/**
 * What the data path costs: direct, this proxy, the library's plain middleware, a hand-piped Node
 * proxy and nginx, in one run on loopback. Read the ratios: absolute times are of this machine.
 *
 *     node bench/proxy.ts [--rounds <number>] [--only requests|streams|more]… [--write]
 *
 * In each round every candidate has its turn, so that a busy moment of the machine hits them all. The
 * ratios are compared with those in data-path/figures.json; the exit code is 1 where we got worse by
 * more than noise. With `--write` they are stored there and in docs/data-path.md instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startRedisServer } from '@zephyr/runtime/redis/private-server';

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

import { facts, inRounds, moreRows, type Rounding } from './data-path/more.ts';
import { addedTo, type Row, regressions, rowOf, tableOf } from './data-path/rows.ts';
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
/** Each takes a minute for all candidates. */
const STREAM_ROUNDS = Math.max(1, Math.round(ROUNDS / 5));
/** Of requests one after the other: each takes a part of a second, and the machine is noisy. */
const LATENCY_ROUNDS = 4 * ROUNDS;
const ROUNDING: Rounding = { rounds: STREAM_ROUNDS, latencyRounds: LATENCY_ROUNDS };
const JSON_PATH = '/v1/messages?bench=json';
const SMALL = bodyOf(1_000);
const LARGE = bodyOf(100_000);
const STREAMS = 1_000;
const EVENTS = 70;
const GAP_MS = 100;
/** Until all streams are open and what they run is compiled. */
const STREAMS_SETTLE_MS = 2_000;
const SECONDS_MEASURED = 4;

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
  const count = 3_000;
  const load = { port: candidate.port, path: JSON_PATH, body: SMALL };
  return ((await cpuOf(candidate, () => atOnce(load, 64, count))) / count) * 1000;
};

const cpuLargeUs: Measure = async (candidate) => {
  const count = 1_000;
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

/** Fresh processes each time: what earlier loads left in the heap would hide what streams take. */
async function streamCosts(
  starts: readonly (() => Promise<Contender | undefined>)[],
  size: string,
  body: Buffer,
): Promise<readonly Row[]> {
  const [cpu, rss] = [new Map<string, number[]>(), new Map<string, number[]>()];
  for (let round = 0; round < STREAM_ROUNDS; round += 1) {
    for (const start of starts) {
      const candidate = await start();
      if (candidate === undefined) continue;
      const cost = await streams(candidate, body);
      cpu.set(candidate.name, [...(cpu.get(candidate.name) ?? []), cost.cpu]);
      rss.set(candidate.name, [...(rss.get(candidate.name) ?? []), cost.rss]);
      candidate.stop();
    }
  }
  return [
    rowOf(`${STREAMS} streams, ${size} bodies: CPU per event`, 'µs', cpu),
    rowOf(`${STREAMS} streams, ${size} bodies: memory per stream`, 'KiB', rss),
  ];
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
// Without one, a proxy keeps its usage in a file instead: not what it does day in, day out.
const redis = await startRedisServer();
const direct: Contender = { ...upstream, name: 'direct', pid: undefined };
const roomy = '[limits]\nactive_requests_per_client = 5000\n';
const starts: readonly (() => Promise<Contender | undefined>)[] = [
  () => startScript('raw', 'raw-main.ts', String(upstream.port)),
  () => startZephyr('zephyr', { urls: [url], config: roomy, redisUrl: redis.url }),
  () => startScript('plain', 'plain-main.ts', String(upstream.port)),
  () => startNginx(upstream.port),
];
async function requestRows(): Promise<readonly Row[]> {
  const started = await Promise.all(starts.map((start) => start()));
  const proxies = started.filter((candidate) => candidate !== undefined);
  // Both the load and the candidates have to be compiled by now, or the first in turn pays for it.
  for (const { port } of [direct, ...proxies]) {
    await warmUp({ port, path: JSON_PATH, body: SMALL });
  }
  const latency = addedTo(await inRounds([direct, ...proxies], firstByteUs, LATENCY_ROUNDS));
  const rows = [
    rowOf('time to first byte, added, one at a time', 'µs', latency),
    rowOf(
      'CPU per request, 1 KB body, 64 connections',
      'µs',
      await inRounds(proxies, cpuSmallUs, ROUNDS),
    ),
    rowOf(
      'CPU per request, 100 KB body, 16 connections',
      'µs',
      await inRounds(proxies, cpuLargeUs, ROUNDS),
    ),
  ];
  for (const { stop } of proxies) stop();
  return rows;
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

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  requests: requestRows,
  streams: async () => [
    ...(await streamCosts(starts, '1 KB', SMALL)),
    ...(await streamCosts(starts, '100 KB', LARGE)),
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
