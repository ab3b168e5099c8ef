/** Further costs of the data path: with TLS, per stream event, on client disconnect, with two processes. */
import { once as onceOf } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { STREAM_BODY } from '@zephyr/testkit/http-call';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { sse } from '@zephyr/testkit/upstream-scripts';

import {
  type Contender,
  startScript,
  startZephyr,
  type ZephyrOptions,
} from '../../services/proxy/bench/contenders.ts';
import {
  atOnce,
  cpuMs,
  inTurn,
  type Load,
  median,
  newAgent,
  once,
  warmUp,
} from '../../services/proxy/bench/load.ts';

import { addedTo, type Rounds, type Row, rowOf } from './rows.ts';

const JSON_PATH = '/v1/messages?bench=json';
/** What every gateway accepts: 1 KB. */
const BODY = Buffer.from(
  JSON.stringify({
    model: 'claude-haiku-4-5',
    max_tokens: 64,
    messages: [{ role: 'user', content: 'x'.repeat(900) }],
  }),
);
const STREAMS = 1_000;
const GAP_MS = 100;
const EVENTS = 70;
/** Until the stream path is compiled and all streams are open. */
const STREAMS_SETTLE_MS = 1_500;
const MEASURED_MS = 4_000;
const ROOMY = '[limits]\nactive_requests_per_client = 5000\n';

export interface Rounding {
  readonly rounds: number;
  /** Rounds of streams whose events are timed. */
  readonly delayRounds: number;
  /** Rounds of sequential requests: each takes a fraction of a second, and the machine is noisy. */
  readonly latencyRounds: number;
}

/** Every candidate runs in each round. */
export async function inRounds<Of extends { readonly name: string }>(
  candidates: readonly Of[],
  measure: (candidate: Of) => Promise<number>,
  rounds: number,
): Promise<Rounds> {
  const values = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) {
      values.get(candidate.name)?.push(await measure(candidate));
    }
  }
  return values;
}

async function tlsRow({ latencyRounds }: Rounding): Promise<Row> {
  const upstream = await startScript('upstream', 'upstream-main.ts', 'tls');
  const candidates = [
    { ...upstream, name: 'direct' },
    await startScript('raw', 'raw-main.ts', String(upstream.port), 'tls'),
    await startZephyr('zephyr', { urls: [`https://127.0.0.1:${upstream.port}`] }),
  ];
  const firstByteUs = async ({ name, port }: Contender): Promise<number> => {
    const load: Load = { port, path: JSON_PATH, body: BODY, tls: name === 'direct' };
    return median(await inTurn(load, 200)) * 1_000;
  };
  for (const { name, port } of candidates) {
    await warmUp({ port, path: JSON_PATH, body: BODY, tls: name === 'direct' });
  }
  const times = await inRounds(candidates, firstByteUs, latencyRounds);
  for (const { stop } of candidates) stop();
  return rowOf('TLS upstream: time to first byte, added', 'µs', addedTo(times));
}

interface EventTimes {
  readonly eventMs: number;
  /** Event loop delay of the candidate, p99. */
  readonly lateMs: number;
}

/**
 * Median time of an event from the endpoint to the client, with 10 events a second each, while all streams
 * run: excludes the cost of opening a thousand of them.
 */
async function eventTimes({ port, loopDelayMs }: Contender): Promise<EventTimes> {
  const agent = newAgent(STREAMS);
  const path = `/v1/messages?bench=sse&timed=1&events=${EVENTS}&gap=${GAP_MS}`;
  const times: number[] = [];
  let measures = false;
  const onData = (data: Buffer): void => {
    if (!measures) return;
    const nowNs = process.hrtime.bigint();
    for (const [, at = '0'] of data.toString('latin1').matchAll(/"at":"(\d+)"/g)) {
      times.push(Number(nowNs - BigInt(at)) / 1e6);
    }
  };
  const running: Promise<number>[] = [];
  for (let index = 0; index < STREAMS; index += 1) {
    running.push(once({ port, path, body: BODY }, agent, onData));
    // Spread over the gap, otherwise all events would arrive at the same moment.
    if (index % 20 === 19) await sleep(7);
  }
  await sleep(STREAMS_SETTLE_MS);
  measures = true;
  const lateMs = (await loopDelayMs?.(() => sleep(MEASURED_MS))) ?? Number.NaN;
  measures = false;
  await Promise.all(running);
  agent.destroy();
  return { eventMs: median(times), lateMs };
}

/** From the client's disconnect to the closed connection at the endpoint. */
async function goneMs(port: number, closedAtMs: () => number | undefined): Promise<number> {
  const client = connect(port, '127.0.0.1');
  client.write(
    `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${STREAM_BODY.length}\r\n\r\n${STREAM_BODY}`,
  );
  await onceOf(client, 'data');
  const goneAtMs = performance.now();
  client.destroy();
  while (closedAtMs() === undefined) await new Promise((resolve) => setImmediate(resolve));
  return (closedAtMs() ?? Number.NaN) - goneAtMs;
}

async function clientsLeave(): Promise<string> {
  const upstream = await startScriptedUpstream({ script: sse({ gapMs: 20, deltas: 500 }) });
  const zephyr = await startZephyr('zephyr', { urls: [upstream.url] });
  const times: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    times.push(await goneMs(zephyr.port, () => upstream.ledger[round]?.closedAtMs));
  }
  zephyr.stop();
  await upstream.stop();
  return `client gone to upstream closed: median ${median(times).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms`;
}

/**
 * Cost per request with two processes versus one: with a core each, two carry `2 × one / two` times as much
 * as one. The load and the endpoint share the cores here, so requests per second would measure them, too.
 */
async function twoProcesses(url: string, rounds: number): Promise<string> {
  const config = ROOMY;
  const pair = await Promise.all(
    ['one', 'two'].map((name) => startZephyr(name, { urls: [url], config })),
  );
  const costUs = async (used: readonly Contender[]): Promise<number> => {
    const count = 12_000;
    const spent = (): number => used.reduce((sum, { pid }) => sum + cpuMs(pid ?? process.pid), 0);
    const before = spent();
    await Promise.all(
      used.map(({ port }) =>
        atOnce({ port, path: JSON_PATH, body: BODY }, 64, count / used.length),
      ),
    );
    return ((spent() - before) / count) * 1_000;
  };
  for (const { port } of pair) await warmUp({ port, path: JSON_PATH, body: BODY });
  const sets = [
    { name: 'one', used: pair.slice(0, 1) },
    { name: 'two', used: pair },
  ];
  const costs = await inRounds(sets, ({ used }) => costUs(used), rounds);
  const [one, two] = [median(costs.get('one') ?? []), median(costs.get('two') ?? [])];
  for (const { stop } of pair) stop();
  return `two processes with a core each: ${((2 * one) / two).toFixed(2)}× the requests of one, by the CPU per request`;
}

/** The CPU of a small request, relative to a proxy with this change. */
async function ratioTo(
  changedBy: NonNullable<ZephyrOptions['changedBy']>,
  url: string,
  rounds: number,
): Promise<string> {
  const redis = await startRedisServer();
  const options = { urls: [url], config: ROOMY, redisUrl: redis.url };
  const candidates = [
    await startZephyr('as it is', options),
    await startZephyr('changed', { ...options, changedBy }),
  ];
  const count = 3_000;
  const cpuUs = async ({ port, pid = process.pid }: Contender): Promise<number> => {
    const beforeMs = cpuMs(pid);
    await atOnce({ port, path: JSON_PATH, body: BODY }, 64, count);
    return ((cpuMs(pid) - beforeMs) / count) * 1_000;
  };
  for (const { port } of candidates) await warmUp({ port, path: JSON_PATH, body: BODY });
  const costs = await inRounds(candidates, cpuUs, rounds);
  for (const { stop } of candidates) stop();
  await redis.stop();
  const changed = costs.get('changed') ?? [];
  const ratios = (costs.get('as it is') ?? []).map(
    (us, round) => us / (changed[round] ?? Number.NaN),
  );
  return `${median(ratios).toFixed(2)}× the CPU of a small request`;
}

async function accounting(url: string, rounds: number): Promise<string> {
  const ratio = await ratioTo('unaccounted.ts', url, rounds);
  return `accounting: ${ratio} without it, with a Redis that takes it`;
}

async function bursts(url: string, rounds: number): Promise<string> {
  const ratio = await ratioTo('one-by-one.ts', url, rounds);
  return `a burst that is read first: ${ratio} with each event acted on at once, 64 connections`;
}

/** Streams opened one after another, with a thousand events per tenth of a second. */
async function eventRows({ delayRounds }: Rounding): Promise<readonly Row[]> {
  const upstream = await startScript('upstream', 'upstream-main.ts');
  const url = `http://127.0.0.1:${upstream.port}`;
  const candidates = [
    { ...upstream, name: 'direct' },
    await startScript('raw', 'raw-main.ts', String(upstream.port)),
    await startZephyr('zephyr', { urls: [url], config: ROOMY }),
  ];
  const lateMs = new Map<string, number[]>([
    ['raw', []],
    ['zephyr', []],
  ]);
  const measure = async (candidate: Contender): Promise<number> => {
    const times = await eventTimes(candidate);
    lateMs.get(candidate.name)?.push(times.lateMs);
    return times.eventMs;
  };
  const times = await inRounds(candidates, measure, delayRounds);
  for (const { stop } of candidates) stop();
  return [
    rowOf(`${STREAMS} streams: an event to the client, added`, 'ms', addedTo(times)),
    rowOf(`${STREAMS} streams: event-loop delay, p99`, 'ms', lateMs),
  ];
}

export async function moreRows(rounding: Rounding): Promise<readonly Row[]> {
  return [await tlsRow(rounding), ...(await eventRows(rounding))];
}

/** Figures without a counterpart at raw. */
export async function facts(
  url: string,
  { rounds, latencyRounds }: Rounding,
): Promise<readonly string[]> {
  return [
    await clientsLeave(),
    await twoProcesses(url, rounds),
    await accounting(url, latencyRounds),
    await bursts(url, latencyRounds),
  ];
}
