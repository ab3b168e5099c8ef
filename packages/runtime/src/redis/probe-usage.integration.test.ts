import type { ScoredProbe } from '@zephyr/contract/probe/probe';
import { PROBES } from '@zephyr/contract/reserved-names';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import { endpointId, epochMs, usageOfProbe } from '@zephyr/core';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createLogger } from '../logger.ts';
import { createRedis } from './client.ts';
import { isProbeFresh, isProbeRecorded, recordProbe } from './probe-store.ts';
import { recordProbeUsage } from './probe-usage.ts';
import { readUsage, recordUsage } from './usage-store.ts';

let server: TestRedis;
let redis: ReturnType<typeof createRedis>;

beforeAll(async () => {
  server = await startTestRedis();
  redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'blocking');
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const endpoint = endpointId('provider-a-1');
const NOON = Date.UTC(2026, 10, 23, 12);
const record = (result: ScoredProbe) =>
  recordProbeUsage(redis, { result, model: 'claude-haiku-4-5', people: 2 });
const result = (sequence: number, changes: Partial<ScoredProbe> = {}): ScoredProbe => ({
  endpointId: endpoint,
  slot: `${endpoint}:${sequence}`,
  sequence,
  style: 'cli',
  startedAtMs: epochMs(Date.UTC(2026, 10, 23, 23, 59)),
  wallMs: 900,
  verdict: { status: 'ok', latencyMs: 400 },
  usage: { inputTokens: 100, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 },
  costUsd: 0.000125,
  score: { status: 'unknown', failureMs: 0 },
  ...changes,
});

/** The day's total usage by probes. */
async function probesOfDay() {
  const sinceAtMs = NOON - 12 * HOUR_MS;
  const range = { sinceAtMs, untilAtMs: sinceAtMs + DAY_MS, unit: 'day' } as const;
  const { rows } = await readUsage(redis, range);
  return rows.find(({ person }) => person === PROBES)?.counts;
}

describe('recordProbeUsage', () => {
  it('sums the probes of a day, each once', async () => {
    expect(await probesOfDay()).toBeUndefined();
    await record(result(1));
    await record(result(1));
    await record(result(2));
    await record(result(3, { startedAtMs: epochMs(Date.UTC(2026, 10, 24)) }));
    expect(await probesOfDay()).toMatchObject({
      ...{ requests: 2, inputTokens: 200, outputTokens: 10, costNanoUsd: 250_000 },
    });
  });

  it('keeps the cache writes for an hour apart, which cost more', async () => {
    const usage = { ...result(1).usage, cacheWriteTokens: 700, cacheWrite1hTokens: 500 };
    await record(result(1, { usage }));
    expect(await probesOfDay()).toMatchObject({
      ...{ cacheWrite5mTokens: 200, cacheWrite1hTokens: 500 },
    });
  });

  it('counts the cost of a late result', async () => {
    await record(result(2));
    await record(result(1));
    expect(await probesOfDay()).toMatchObject({ requests: 2 });
  });

  it('is of the ledger that people are in, who are not in it', async () => {
    await record(result(1));
    await record(result(2, { verdict: { status: 'failed', failure: 'reset', detail: '' } }));
    const row = usageOfProbe(result(1), 'claude-haiku-4-5');
    const rowOfAnn = { ...row, person: 'ann' };
    const batch = { writer: 'proxy-1', sequence: 1, rows: [rowOfAnn], records: [] };
    await recordUsage(redis, batch, { people: 2 });
    const range = { sinceAtMs: NOON - 12 * HOUR_MS, untilAtMs: NOON + 12 * HOUR_MS } as const;
    const { rows } = await readUsage(redis, { ...range, unit: 'hour' });
    expect(rows.map(({ person, counts }) => [person, counts.requests, counts.failed])).toEqual(
      expect.arrayContaining([
        [PROBES, 2, 1],
        ['ann', 1, 0],
      ]),
    );
  });
});

describe('isProbeFresh', () => {
  it('lasts from a real pass to the first failure', async () => {
    expect(await isProbeFresh(redis, endpoint)).toBe(false);
    await recordProbe(redis, result(1), { kind: 'fresh', forMs: 60_000 });
    await recordProbe(redis, result(2), { kind: 'unchanged' });
    expect(await isProbeFresh(redis, endpoint)).toBe(true);
    await recordProbe(redis, result(3), { kind: 'stale' });
    expect(await isProbeFresh(redis, endpoint)).toBe(false);
  });
});

describe('isProbeRecorded', () => {
  it('knows the slots that have a result', async () => {
    await recordProbe(redis, result(1));
    expect(await isProbeRecorded(redis, `${endpoint}:1`)).toBe(true);
    expect(await isProbeRecorded(redis, `${endpoint}:2`)).toBe(false);
  });
});
