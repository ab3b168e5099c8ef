/**
 * The usage ledger's memory in Redis, and how often a proxy writes to it: a real Redis with the limit of
 * docker-compose.yml, written by the services' scripts.
 *
 *     node bench/usage.ts [memory|writes|backlog|day] [--write]
 *
 * `day`: a day of a thousand people, by a simulated clock; takes a few minutes. With `--write` its figures go
 * into docs/usage.md.
 */
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { MIB } from '@zephyr/contract/units';

import { systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { STREAM_LENGTHS } from '@zephyr/runtime/redis/stream-bounds';

import { PeopleLimits } from '../services/proxy/src/people-limits/people-limits.ts';
import { UsageWriter } from '../services/proxy/src/usage/usage-writer.ts';

import { backlogText } from './usage/backlog.ts';
import { dayText } from './usage/day.ts';
import { fillLedger, recordAt, TEAMS, type Team } from './usage/ledger.ts';
import { writePart } from './written-part.ts';

type Redis = ReturnType<typeof createRedis>;

const DOCUMENT = new URL('../docs/usage.md', import.meta.url);
const MAX_MEMORY = 512 * MIB;
const RATE_SECONDS = 20;
const TICK_INTERVAL_MS = 50;

const log = createLogger('bench', 'silent');
const what = process.argv[2] ?? 'all';
const isWanted = (name: string): boolean => what === name || what === 'all';

if (isWanted('memory')) {
  for (const team of TEAMS) await withRedis((redis) => measure(redis, team));
}
if (isWanted('writes')) {
  for (const perSecond of [10, 1_000]) {
    await withRedis((redis, url) => writesAt(redis, url, perSecond));
  }
}

if (isWanted('backlog')) {
  await withRedis(async (redis, url) => {
    const connect = async () => {
      const proxy = createRedis({ url }, log, 'command');
      await once(proxy, 'ready');
      return proxy;
    };
    console.log(await backlogText(redis, connect));
  });
}
if (isWanted('day')) {
  const text = await dayText((act) => withRedis(act));
  console.log(text);
  if (process.argv.includes('--write')) writePart(DOCUMENT, 'node bench/usage.ts day', text);
}

async function withRedis(act: (redis: Redis, url: string) => Promise<void>): Promise<void> {
  const server = await startRedisServer({ extraArguments: ['--maxmemory', String(MAX_MEMORY)] });
  const redis = createRedis({ url: server.url }, log, 'blocking');
  try {
    await once(redis, 'ready');
    await act(redis, server.url);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

/** Fills the ledger to its limits, and prints its memory. */
async function measure(redis: Redis, team: Team): Promise<void> {
  const before = await memoryOf(redis);
  await fillLedger(redis, team);
  // Within a year, the totals of past periods have expired.
  await redis.del(await redis.keys(keys.usageSpent('*')));
  const used = (await memoryOf(redis)) - before;
  const hours = await redis.keys(keys.usageHour('*'));
  const days = await redis.keys(keys.usageDay('*'));
  const rows = await rowsIn(redis, [...hours, ...days]);
  const entries = await redis.xlen(keys.requests);
  const stream = (await redis.memory('USAGE', keys.requests, 'SAMPLES', 0)) ?? 0;
  console.log(team.name);
  console.log(
    `  ${hours.length} hours, ${days.length} days, ${rows} rows: ${mebibytes(used - stream)} MiB,`,
    `${((used - stream) / rows).toFixed(0)} bytes a row; a day takes`,
    `${kibibytes(await sizeOf(redis, days[0]))} KiB, an hour ${kibibytes(await sizeOf(redis, hours[0]))} KiB`,
  );
  console.log(
    `  log of ${entries} requests (at most ${STREAM_LENGTHS.requests}): ${mebibytes(stream)} MiB`,
  );
  const free = 1 - (await memoryOf(redis)) / MAX_MEMORY;
  console.log(`  of ${mebibytes(MAX_MEMORY)} MiB free: ${(100 * free).toFixed(0)} %`);
}

async function rowsIn(redis: Redis, hashes: readonly string[]): Promise<number> {
  let sum = 0;
  for (const hash of hashes) sum += await redis.hlen(hash);
  return sum;
}

async function sizeOf(redis: Redis, key = ''): Promise<number> {
  return (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
}

/** Memory that counts against `maxmemory`. */
async function memoryOf(redis: Redis): Promise<number> {
  return figure(await redis.info('memory'), /^used_memory:(\d+)/m);
}

/** One proxy accounting for this many requests per second, of 50 people at 2 endpoints. */
async function writesAt(redis: Redis, url: string, perSecond: number): Promise<void> {
  const limits = new PeopleLimits(
    { clients: [], teams: [], clientDefaults: {} },
    { proxyId: 'bench', clock: systemClock },
  );
  const writer = new UsageWriter({
    ...{ proxyId: 'bench', clock: systemClock, log, limits },
    redis: createRedis({ url }, log, 'command'),
    place: { folder: tmpdir, system: 'bench' },
    onRows: () => undefined,
    onWrite: () => undefined,
  });
  await redis.config('RESETSTAT');
  await writer.start();
  const startedAtMs = performance.now();
  const elapsed = () => (performance.now() - startedAtMs) / 1_000;
  let noted = 0;
  while (elapsed() < RATE_SECONDS) {
    for (; noted < elapsed() * perSecond; noted += 1) {
      const record = recordAt(noted);
      writer.note(record, record.model);
    }
    await sleep(TICK_INTERVAL_MS);
  }
  const seconds = elapsed();
  await writer.stop();
  const info = await redis.info('commandstats');
  const scripts =
    figure(info, /^cmdstat_evalsha:calls=(\d+)/m) + figure(info, /^cmdstat_eval:calls=(\d+)/m);
  const busyUs = figure(info, /^cmdstat_evalsha:.*?usec=(\d+)/m);
  console.log(
    `${perSecond} requests a second: ${(noted / seconds).toFixed(0)} noted,`,
    `${(scripts / seconds).toFixed(2)} writes a second,`,
    `Redis busy ${((100 * busyUs) / 1e6 / seconds).toFixed(2)} % of a core,`,
    `log ${await redis.xlen(keys.requests)}`,
  );
}

/** 0 if missing. */
function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function kibibytes(bytes: number): string {
  return (bytes / 1024).toFixed(0);
}
