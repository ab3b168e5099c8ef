/**
 * What the ledger of usage takes in Redis, and how often a proxy writes to it: a real Redis with the
 * limit of docker-compose.yml, written to by the scripts of the services.
 *
 *     node bench/usage.ts [memory|writes|day] [--write]
 *
 * `day`: a day of a thousand people, by a simulated clock; some minutes. With `--write` its figures go
 * into docs/usage.md.
 */
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RequestRecord, UsageCounts, UsageRow } from '@zephyr/contract/usage';
import { DAY_MS, epochMs, HOUR_MS } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { startRedisServer } from '@zephyr/runtime/redis/server';
import {
  KEPT_REQUESTS,
  MAX_DAY_ROWS,
  MAX_HOUR_ROWS,
  recordUsage,
  USAGE_DAYS_LIFE_MS,
  USAGE_HOURS_LIFE_MS,
} from '@zephyr/runtime/redis/usage-store';

import { PeopleLimits } from '../services/proxy/src/limits/people-limits.ts';
import { UsageWriter } from '../services/proxy/src/usage/usage-writer.ts';

import { dayText } from './usage/day.ts';
import { writePart } from './written-part.ts';

type Redis = ReturnType<typeof createRedis>;

const DOCUMENT = new URL('../docs/usage.md', import.meta.url);
const MAX_MEMORY = 512 * 1024 * 1024;
const PEOPLE = 100;
const ENDPOINTS = 20;
const MODELS = 10;
const DAYS = USAGE_DAYS_LIFE_MS / DAY_MS;
const DAYS_WITH_HOURS = USAGE_HOURS_LIFE_MS / DAY_MS;
const RATE_SECONDS = 20;
const TICK_MS = 50;
const MEBIBYTE = 1024 * 1024;

/** How many rows one hour of the day and one day of the year have. */
interface Team {
  readonly name: string;
  readonly rowsPerHour: number;
  readonly hoursPerDay: number;
  readonly rowsPerDay: number;
}

const TEAMS: readonly Team[] = [
  {
    name: 'every hour and every day full, and one row over',
    ...{ rowsPerHour: MAX_HOUR_ROWS + 1, hoursPerDay: 24, rowsPerDay: MAX_DAY_ROWS + 1 },
  },
  {
    name: '100 people, each with 2 models at 2 endpoints a day, 60 of them in each of 10 hours',
    ...{ rowsPerHour: 120, hoursPerDay: 10, rowsPerDay: 400 },
  },
];

/** Numbers as large as a busy hour of a person has. */
const COUNTS: UsageCounts = {
  ...{ requests: 1_234, failed: 12, inputTokens: 1_234_567, outputTokens: 2_345_678 },
  ...{ cacheReadTokens: 987_654_321, cacheWrite5mTokens: 23_456_789, cacheWrite1hTokens: 0 },
  ...{ costNanoUsd: 123_456_789_012, unpriced: 0, incomplete: 3, possiblyBilledTwice: 1 },
};

const log = createLogger('bench', 'silent');
const what = process.argv[2] ?? '';
if (!['writes', 'day'].includes(what))
  for (const team of TEAMS) await withRedis((redis) => measure(redis, team));
if (!['memory', 'day'].includes(what)) {
  for (const perSecond of [10, 1_000]) {
    await withRedis((redis, url) => writesAt(redis, url, perSecond));
  }
}

if (!['memory', 'writes'].includes(what)) {
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

/** Fills everything that the ledger keeps, and prints what it takes. */
async function measure(redis: Redis, team: Team): Promise<void> {
  const before = await memoryOf(redis);
  const midnight = Date.UTC(2026, 10, 28);
  let sequence = 0;
  const write = async (fromAtMs: number, size: number, first: number, log = false) => {
    sequence += 1;
    const rows = Array.from({ length: size }, (_, at) => rowAt(first + at, fromAtMs));
    const records = log ? Array.from({ length: 500 }, (_, at) => recordAt(at)) : [];
    await recordUsage(redis, { writer: 'bench', sequence, rows, records });
  };
  for (let day = 0; day < DAYS; day += 1) {
    const fromAtMs = midnight - day * DAY_MS;
    await write(fromAtMs, team.rowsPerDay, 0);
    await redis.unlink(keys.usageHour(new Date(fromAtMs).toISOString().slice(0, 13)));
    if (day >= DAYS_WITH_HOURS) continue;
    for (let hour = 0; hour < team.hoursPerDay; hour += 1) {
      await write(fromAtMs + hour * HOUR_MS, team.rowsPerHour, hour % 4, true);
    }
  }
  const used = (await memoryOf(redis)) - before;
  const hours = await redis.keys(keys.usageHour('*'));
  const days = await redis.keys(keys.usageDay('*'));
  const rows = await rowsIn(redis, [...hours, ...days]);
  const kept = await redis.xlen(keys.requests);
  const stream = (await redis.memory('USAGE', keys.requests, 'SAMPLES', 0)) ?? 0;
  console.log(team.name);
  console.log(
    `  ${hours.length} hours, ${days.length} days, ${rows} rows: ${mebibytes(used - stream)} MiB,`,
    `${((used - stream) / rows).toFixed(0)} bytes a row; a day takes`,
    `${kibibytes(await sizeOf(redis, days[0]))} KiB, an hour ${kibibytes(await sizeOf(redis, hours[0]))} KiB`,
  );
  console.log(`  log of ${kept} requests (${KEPT_REQUESTS} kept): ${mebibytes(stream)} MiB`);
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

/** What counts against `maxmemory`. */
async function memoryOf(redis: Redis): Promise<number> {
  return figure(await redis.info('memory'), /^used_memory:(\d+)/m);
}

/** One proxy that accounts for so many requests each second, of 50 people at 2 endpoints. */
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
    await sleep(TICK_MS);
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

/** 0 where it is not named. */
function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(0);
}

function kibibytes(bytes: number): string {
  return (bytes / 1024).toFixed(0);
}

/** Of the 20,000 that 100 people, 20 endpoints and 10 models can make. */
function namesAt(at: number): Pick<UsageRow, 'person' | 'endpoint' | 'model'> {
  const person = String(at % PEOPLE).padStart(3, '0');
  const endpoint = Math.floor(at / PEOPLE) % ENDPOINTS;
  const model = Math.floor(at / PEOPLE / ENDPOINTS) % MODELS;
  return {
    person: `firstname.lastname-${person}`,
    endpoint: `relay-example-com-${endpoint}`,
    model: `claude-sonnet-4-5-2025092${model}`,
  };
}

function rowAt(at: number, fromAtMs: number): UsageRow {
  return { ...namesAt(at), fromAtMs, counts: COUNTS };
}

function recordAt(at: number): RequestRecord {
  const { person, endpoint, model } = namesAt(at % PEOPLE);
  return {
    ...{ id: `zephyr_${'0'.repeat(24)}`, endpointRequestId: `req_${'0'.repeat(24)}` },
    ...{ atMs: epochMs(Date.UTC(2026, 10, 28)), person, group: 'main', endpoint, model },
    ...{ operation: 'messages', session: '0123456789ab', outcome: 'ok' },
    attempts: [{ endpoint, failure: null, mayBeBilled: false }],
    ...{ ttftMs: 1_234, durationMs: 23_456, tokensKnown: 'reported', costUsd: 0.123_456 },
    usage: {
      ...{ inputTokens: 12, outputTokens: 1_234, cacheReadTokens: 98_765 },
      ...{ cacheWriteTokens: 4_321, cacheWrite1hTokens: 0 },
    },
  };
}
