/**
 * The cost of sharing people's limits, by number of proxies: their own code and a real Redis, on which a
 * thousand people work.
 *
 *     node bench/people-limits.ts [--write]
 *
 * With `--write` the table goes into docs/scaling.md.
 */
import { once } from 'node:events';

import { HOUR_MS } from '@zephyr/contract/units';
import { NO_COUNTS, PeopleCounters } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { syncLimits } from '@zephyr/runtime/redis/people-limits-store';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { recordUsage } from '@zephyr/runtime/redis/usage-store';

import { type Random, seededRandom } from './simulation/random.ts';
import { writePart } from './written-part.ts';

type Redis = ReturnType<typeof createRedis>;

const DOCUMENT = new URL('../docs/scaling.md', import.meta.url);
const SEED = 17;
const PROXIES = [1, 3, 10, 30, 100];
const PEOPLE = Array.from({ length: 1_000 }, (_, at) => `firstname.lastname-${1_000 + at}`);
const REQUESTS_PER_SECOND = 50;
/** How long a request takes, which sets the concurrency. */
const REQUEST_SECONDS = 20;
const TOKENS = 2_000;
/** Interval of a proxy with limits; everything is shared every two seconds. */
const INTERVAL_SECONDS = 0.45;
const PERIODS = 10;
const WHOLE_EVERY = 5;
const NOW_MS = Date.UTC(2026, 10, 28, 15, 30, 30);

class BusyProxy {
  readonly #counters = new PeopleCounters();
  readonly #running: string[] = [];
  readonly #random: Random;
  readonly #id: string;

  constructor(id: string, random: Random) {
    this.#id = id;
    this.#random = random;
    for (let at = 0; at < REQUESTS_PER_SECOND * 60; at += 1) this.#ask();
  }

  async work(redis: Redis, period: number): Promise<void> {
    for (let at = 0; at < REQUESTS_PER_SECOND * INTERVAL_SECONDS; at += 1) this.#ask();
    const share = this.#counters.share(NOW_MS, period % WHOLE_EVERY === 0 ? 'whole' : 'changed');
    this.#counters.receive(await syncLimits(redis, NOW_MS, { proxyId: this.#id, share }), NOW_MS);
  }

  #ask(): void {
    const person = PEOPLE[Math.floor(this.#random.between(0, PEOPLE.length))] ?? '';
    this.#counters.began(person, NOW_MS);
    this.#running.push(person);
    if (this.#running.length <= REQUESTS_PER_SECOND * REQUEST_SECONDS) return;
    const first = this.#running.shift() ?? '';
    this.#counters.used(first, { costNanoUsd: 0, tokens: TOKENS }, NOW_MS);
    this.#counters.ended(first);
  }
}

const lines = [
  `${PEOPLE.length.toLocaleString('en')} people with limits, ${REQUESTS_PER_SECOND} requests a second at each proxy, seed ${SEED}:`,
  '',
  '| proxies | bytes a second, together | for each proxy | Redis busy |',
  '|---|---|---|---|',
];
for (const proxies of PROXIES) lines.push(await measured(proxies));
const text = lines.join('\n');
console.log(text);
if (process.argv.includes('--write')) writePart(DOCUMENT, 'node bench/people-limits.ts', text);

async function measured(count: number): Promise<string> {
  const server = await startRedisServer({});
  const redis = createRedis({ url: server.url }, createLogger('bench', 'silent'), 'blocking');
  try {
    await once(redis, 'ready');
    await spend(redis);
    const random = seededRandom(SEED);
    const proxies = Array.from({ length: count }, (_, at) => new BusyProxy(`proxy-${at}`, random));
    for (const proxy of proxies) await proxy.work(redis, 0);
    await redis.config('RESETSTAT');
    const cpuBefore = cpuSecondsOf(await redis.info('cpu'));
    for (let period = 1; period <= PERIODS; period += 1) {
      for (const proxy of proxies) await proxy.work(redis, period);
    }
    const info = await redis.info('all');
    return rowOf(count, info, cpuSecondsOf(info) - cpuBefore);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

/** Everyone has cost something. */
async function spend(redis: Redis): Promise<void> {
  const rows = PEOPLE.map((person) => ({
    ...{ person, endpoint: 'relay', model: 'opus', fromAtMs: NOW_MS - (NOW_MS % HOUR_MS) },
    counts: { ...NO_COUNTS, requests: 100, costNanoUsd: 12_345_678_901 },
  }));
  const batch = { writer: 'bench', sequence: 1, rows, records: [] };
  await recordUsage(redis, batch, { people: PEOPLE.length });
}

function rowOf(count: number, info: string, cpuSeconds: number): string {
  const seconds = PERIODS * INTERVAL_SECONDS;
  const bytes =
    figure(info, /^total_net_input_bytes:(\d+)/m) + figure(info, /^total_net_output_bytes:(\d+)/m);
  const megabytes = (of: number) => (of / seconds / 1e6).toFixed(2);
  return `| ${count} | ${megabytes(bytes)} MB | ${megabytes(bytes / count)} MB | ${((100 * cpuSeconds) / seconds).toFixed(1)} % of a core |`;
}

function cpuSecondsOf(info: string): number {
  return figure(info, /^used_cpu_user:([\d.]+)/m) + figure(info, /^used_cpu_sys:([\d.]+)/m);
}

/** 0 if missing. */
function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
