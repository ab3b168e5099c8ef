/**
 * The ledger of who used what: a hash for each hour and each day (UTC), with one field for each person,
 * endpoint and model. Written by proxies and probers, each batch once; read for display. A batch is written
 * in parts, one script call each, so that other users of Redis wait for one part only.
 */
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import { MAX_PERSON_CHARACTERS } from '@zephyr/contract/names';
import { OTHER } from '@zephyr/contract/reserved-names';
import { DAY_MS, HOUR_MS, MIB } from '@zephyr/contract/units';
import {
  MAX_ENDPOINT_CHARACTERS,
  type TimeUnit,
  USAGE_COUNTS,
  type UsageBatch,
  type UsageCounts,
  type UsageRow,
} from '@zephyr/contract/usage/usage';
import {
  DAYS_LIFE_MS,
  dailyRows,
  HOURS_LIFE_MS,
  type RowBounds,
  rowBounds,
  usageField,
} from '@zephyr/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { costsOf, dayKey, LIMIT_SCRIPTS, MAX_PEOPLE, makeSpent } from './people-limits-store.ts';
import { loadScript, runScript } from './script.ts';
import { STREAM_LENGTHS } from './stream-bounds.ts';
import {
  DAY_ROWS,
  DAYS_STORED,
  HOUR_ROWS,
  HOURS_STORED,
  MAX_READ_ROWS,
  MAX_ROWS_OF_DAYS,
  MAX_ROWS_OF_HOURS,
} from './usage-rows.ts';

/** A batch that a proxy stored on disk for longer could be counted twice. */
const WRITTEN_LIFE_MS = HOURS_LIFE_MS;
/** Memory of one hash; a row takes about 200 bytes, and 600 with the longest names. */
const MAX_READ_BYTES = 6 * MIB;
/**
 * A script takes about 16 ms for this many rows; after hours without Redis a proxy's batch has up to 14,040.
 */
export const PART_ROWS = 200;
/** More parts than any batch has; they are numbered within it. */
const MAX_PARTS = 1_000;

const record = loadScript('record-usage');
const read = loadScript('read-usage');
const readOwn = loadScript('read-own-usage');
const bound = loadScript('bound-usage');
const recordReply = z.enum(['written', 'known', 'no_totals']);
export type RecordReply = Exclude<z.infer<typeof recordReply>, 'no_totals'>;
const readReply = z.union([z.number(), z.array(z.string())]);

/**
 * Lets proxies write and read: they may run only scripts that a controller has loaded. Call it repeatedly: a
 * replaced Redis has lost them.
 */
export async function offerUsageScripts(redis: Redis): Promise<void> {
  const scripts = [record, readOwn, ...LIMIT_SCRIPTS];
  const load = () => Promise.all(scripts.map(({ source }) => redis.script('LOAD', source)));
  // A service that has just started on a busy machine reads the first replies too late.
  await load().catch(load);
}

export interface RecordOptions {
  /** Number of configured people; each has a row, however full the hour or day is. */
  readonly people: number;
  /** How long a batch is remembered after the writer's last one. */
  readonly writtenLifeMs?: number;
  /** On abort, the remaining parts are not sent. */
  readonly signal?: AbortSignal;
}

/**
 * Safe to retry after a lost reply or a partial write: each part counts once. `known`: everything was already
 * there.
 *
 * @throws Redis' error or the abort reason; earlier parts are written
 */
export async function recordUsage(
  redis: Redis,
  batch: UsageBatch,
  options: RecordOptions,
): Promise<RecordReply> {
  let reply: RecordReply = 'known';
  for (const part of partsOf(batch)) {
    options.signal?.throwIfAborted();
    if ((await recordPart(redis, part, options)) === 'written') reply = 'written';
  }
  return reply;
}

interface Part extends Pick<UsageBatch, 'writer' | 'rows' | 'records'> {
  /** Grows from part to part, and from batch to batch of a writer. */
  readonly number: number;
}

/** Deterministic for a batch: a repeated part is recognised by its number. */
function partsOf({ writer, sequence, rows, records }: UsageBatch): readonly Part[] {
  const parts = Math.max(1, Math.ceil(rows.length / PART_ROWS));
  return Array.from({ length: parts }, (_, at) => ({
    writer,
    number: sequence * MAX_PARTS + at,
    rows: rows.slice(at * PART_ROWS, (at + 1) * PART_ROWS),
    // The first part keeps its number even if the batch has grown: nothing is listed twice.
    records: at === 0 ? records : [],
  }));
}

async function recordPart(redis: Redis, part: Part, options: RecordOptions): Promise<RecordReply> {
  const call = recordCall(part, options);
  const reply = recordReply.parse(await runScript(redis, record, call));
  if (reply !== 'no_totals') return reply;
  // In a period that has just begun, or after an upgrade.
  const missing = new Map(costsOf(part.rows).map((cost) => [cost.key, cost]));
  for (const { period, atMs } of missing.values()) await makeSpent(redis, period, atMs);
  return z.enum(['written', 'known']).parse(await runScript(redis, record, call));
}

function recordCall(
  { writer, number, rows, records }: Part,
  { people, writtenLifeMs = WRITTEN_LIFE_MS }: RecordOptions,
) {
  const ofHour = boundsOf(HOURS_LIFE_MS, rowBounds(HOUR_ROWS, people));
  const ofDay = boundsOf(DAYS_LIFE_MS, rowBounds(DAY_ROWS, people));
  const placed = [
    ...rows.map((row) => ({ row, key: hourKey(row.fromAtMs), bounds: ofHour })),
    ...dailyRows(rows).map((row) => ({ row, key: dayKey(row.fromAtMs), bounds: ofDay })),
  ];
  const hashes = new Map(placed.map(({ key, bounds }) => [key, bounds]));
  const costs = costsOf(rows);
  const totals = new Set(costs.map(({ key }) => key));
  const names = [keys.usageWritten(writer), keys.requests, ...hashes.keys(), ...totals];
  const index = new Map(names.map((name, at) => [name, at + 1]));
  return {
    keys: names,
    args: [
      ...[number, writtenLifeMs, `\t${OTHER}\t${OTHER}`, STREAM_LENGTHS.requests, placed.length],
      ...[totals.size, costs.length, OTHER, MAX_PEOPLE],
      ...[...hashes.values()].flat(),
      ...placed.flatMap(({ row, key }) => [
        index.get(key) ?? 0,
        usageField(row),
        packed(row.counts),
      ]),
      ...costs.flatMap(({ key, person, nanoUsd }) => [index.get(key) ?? 0, person, nanoUsd]),
      ...records.map((entry) => JSON.stringify(entry)),
    ],
  };
}

const boundsOf = (lifeMs: number, { named, all }: RowBounds) => [lifeMs, named, all];

/** Writers' clocks may run ahead. */
const AHEAD_MS = DAY_MS;

/** Removes the oldest hours, and the oldest days, beyond the row limits. Returns how many. */
export async function boundUsage(redis: Redis, epochMs: number): Promise<number> {
  const hours = await boundHashes(redis, epochMs, {
    ...{ unit: 'hour', stored: HOURS_STORED, maxRows: MAX_ROWS_OF_HOURS },
  });
  const days = await boundHashes(redis, epochMs, {
    ...{ unit: 'day', stored: DAYS_STORED, maxRows: MAX_ROWS_OF_DAYS },
  });
  return hours + days;
}

interface HashBound {
  readonly unit: TimeUnit;
  readonly stored: number;
  readonly maxRows: number;
}

async function boundHashes(
  redis: Redis,
  epochMs: number,
  { unit, stored, maxRows }: HashBound,
): Promise<number> {
  const { stepMs, keyOf } = UNITS[unit];
  const newestAtMs = Math.floor((epochMs + AHEAD_MS) / stepMs) * stepMs;
  const hashes = Array.from({ length: stored + AHEAD_MS / stepMs + 1 }, (_, at) =>
    keyOf(newestAtMs - at * stepMs),
  );
  const reply = await runScript(redis, bound, {
    keys: [keys.usageRemoved(unit), ...hashes],
    args: [maxRows, MAX_READ_ROWS, stored * stepMs, newestAtMs + stepMs, stepMs],
  });
  return z.number().parse(reply);
}

/** Usage before this moment was removed; undefined if everything unexpired is still there. */
export async function usageRemovedBefore(
  redis: Redis,
  unit: TimeUnit,
): Promise<number | undefined> {
  const text = (await redis.get(keys.usageRemoved(unit))) ?? '';
  return MOMENT.test(text) ? Number(text) : undefined;
}

const UNITS = {
  hour: { stepMs: HOUR_MS, keyOf: hourKey },
  day: { stepMs: DAY_MS, keyOf: dayKey },
} as const;

export interface UsageRange {
  /** Half-open range [sinceAtMs, untilAtMs). */
  readonly sinceAtMs: number;
  readonly untilAtMs: number;
  readonly unit: TimeUnit;
}

export interface UsageRead {
  readonly rows: readonly UsageRow[];
  /** Data in Redis that cannot be ours: fields, or whole oversized hashes. */
  readonly rejected: number;
}

/** Every hour or day that begins within the range. */
export async function readUsage(redis: Redis, range: UsageRange): Promise<UsageRead> {
  const { stepMs, keyOf } = UNITS[range.unit];
  const rows: UsageRow[] = [];
  let rejected = 0;
  const from = Math.ceil(range.sinceAtMs / stepMs) * stepMs;
  for (let atMs = from; atMs < range.untilAtMs; atMs += stepMs) {
    const args = [MAX_READ_ROWS, MAX_READ_BYTES];
    const reply = readReply.parse(await runScript(redis, read, { keys: [keyOf(atMs)], args }));
    if (typeof reply === 'number') {
      rejected += 1;
      continue;
    }
    const found = usageRowsIn(reply, atMs);
    rows.push(...found.rows);
    rejected += found.rejected;
  }
  return { rows, rejected };
}

/** One person's days within the range, one day at a time, so that Redis is never busy for long. */
export async function readOwnDays(
  redis: Redis,
  person: string,
  { sinceAtMs, untilAtMs }: Omit<UsageRange, 'unit'>,
): Promise<readonly UsageRow[]> {
  const rows: UsageRow[] = [];
  for (let atMs = sinceAtMs; atMs < untilAtMs; atMs += DAY_MS) {
    const call = { keys: [dayKey(atMs)], args: [person, MAX_READ_ROWS] };
    const reply = z.array(z.string()).parse(await runScript(redis, readOwn, call));
    rows.push(...usageRowsIn(reply, atMs).rows);
  }
  return rows;
}

/** The fields and values of a hash, alternating. */
export function usageRowsIn(hash: readonly string[], fromAtMs: number): UsageRead {
  const rows: UsageRow[] = [];
  for (let at = 0; at + 1 < hash.length; at += 2) {
    const row = rowOf(hash[at] ?? '', hash[at + 1] ?? '', fromAtMs);
    if (row !== undefined) rows.push(row);
  }
  return { rows, rejected: Math.floor(hash.length / 2) - rows.length };
}

/** Names with control characters are not ours. */
const SAFE = String.raw`[^\x00-\x1f\x7f]`;
const FIELD = new RegExp(
  `^(${SAFE}{1,${MAX_PERSON_CHARACTERS}})\t(${SAFE}{1,${MAX_ENDPOINT_CHARACTERS}})\t(${SAFE}{1,${MAX_MODEL_CHARACTERS}})$`,
);
/** Those that are not safe integers are refused when they are read. */
const NUMBER = String.raw`\d{1,16}`;
const MOMENT = new RegExp(`^${NUMBER}$`);
const COUNTS = new RegExp(`^${NUMBER}(?: ${NUMBER}){${USAGE_COUNTS.length - 1}}$`);

function rowOf(field: string, value: string, fromAtMs: number): UsageRow | undefined {
  const [, person, endpoint, model] = FIELD.exec(field) ?? [];
  if (person === undefined || endpoint === undefined || model === undefined) return undefined;
  if (!COUNTS.test(value)) return undefined;
  const numbers = value.split(' ').map(Number);
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  const counts = Object.fromEntries(
    USAGE_COUNTS.map((name, at) => [name, numbers[at] ?? 0]),
  ) as unknown as UsageCounts;
  return { person, endpoint, model, fromAtMs, counts };
}

function packed(counts: UsageCounts): string {
  return USAGE_COUNTS.map((name) => counts[name]).join(' ');
}

/** `2026-11-28T09` */
function hourKey(atMs: number): string {
  return keys.usageHour(new Date(atMs).toISOString().slice(0, 13));
}
