/**
 * The load on Redis when proxies return after hours without it: all at the same moment, with full backlogs.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { HOUR_MS } from '@zephyr/contract/units';
import type { UsageBatch } from '@zephyr/contract/usage/usage';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { type RecordReply, recordUsage } from '@zephyr/runtime/redis/usage-store';

import { percentile } from '../../services/proxy/bench/load.ts';
import { UNWRITTEN_ROWS } from '../../services/proxy/src/usage/unwritten-usage.ts';

import { COUNTS, recordAt } from './ledger.ts';

type Redis = Parameters<typeof recordUsage>[0];

const PROXIES = 6;
const BATCHES = 2;
const HOURS = 2;
const RECORDS = 1_000;
const POLL_MS = 5;
const MIDNIGHT_AT_MS = Date.UTC(2026, 10, 28);

/** @param connect connects like a proxy, with its time limits */
export async function backlogText(other: Redis, connect: () => Promise<Redis>): Promise<string> {
  const proxies = await Promise.all(Array.from({ length: PROXIES }, connect));
  let isWriting = true;
  const waits = waitsOf(other, () => isWriting);
  const startedAtMs = performance.now();
  await Promise.all(proxies.map((redis, at) => comeBack(redis, `proxy-${at}`)));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  isWriting = false;
  const times = await waits;
  for (const redis of proxies) redis.disconnect();
  return [
    `${PROXIES} proxies come back with ${BATCHES} batches of ${UNWRITTEN_ROWS.all} rows each:`,
    `all is counted after ${seconds.toFixed(1)} s;`,
    `a command of somebody else takes ${percentile(times, 0.5).toFixed(0)} ms in the middle,`,
    `${percentile(times, 0.99).toFixed(0)} ms p99, ${Math.max(...times).toFixed(0)} ms at most`,
  ].join(' ');
}

/** Like a writer: sends each batch until Redis has it. */
async function comeBack(redis: Redis, writer: string): Promise<void> {
  for (let sequence = 1; sequence <= BATCHES; sequence += 1) {
    const batch = fullBatch(writer, sequence);
    const write = (): Promise<RecordReply | undefined> =>
      recordUsage(redis, batch, { people: MAX_CONFIGURED_PEOPLE }).catch(() => undefined);
    while ((await write()) === undefined) await sleep(POLL_MS);
  }
}

function fullBatch(writer: string, sequence: number): UsageBatch {
  const rows = Array.from({ length: UNWRITTEN_ROWS.all }, (_, at) => ({
    ...{
      person: `person-${at % MAX_CONFIGURED_PEOPLE}`,
      endpoint: `e${sequence}`,
      model: `m${at % 5}`,
    },
    ...{ fromAtMs: MIDNIGHT_AT_MS + (at % HOURS) * HOUR_MS, counts: COUNTS },
  }));
  return {
    writer,
    sequence,
    rows,
    records: Array.from({ length: RECORDS }, (_, at) => recordAt(at)),
  };
}

async function waitsOf(redis: Redis, isWanted: () => boolean): Promise<readonly number[]> {
  const times: number[] = [];
  while (isWanted()) {
    const sentAtMs = performance.now();
    await redis.ping();
    times.push(performance.now() - sentAtMs);
    await sleep(POLL_MS);
  }
  return times;
}
