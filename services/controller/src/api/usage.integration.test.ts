/** A report read day by day equals the report over all days. */
import { text } from 'node:stream/consumers';

import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { UsageRow } from '@zephyr/contract/usage/usage';
import { NO_COUNTS, USAGE_CSV_HEAD, usageCsvLines, usageReport } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { recordUsage } from '@zephyr/runtime/redis/usage-store';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { expect, it } from 'vitest';

import { csvParts, reportParts, usageQueryOf, withoutRemoved } from './usage.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 9, 30);
const { redis } = await redisOfFile();
const deps = { redis, log: createLogger('test', 'silent') };

const rows = Array.from(
  { length: 60 },
  (_, at): UsageRow => ({
    ...{ person: at % 3 === 0 ? 'ann' : 'bob', endpoint: 'one', model: `model-${at % 4}` },
    fromAtMs: Date.UTC(2026, 10, 28, 8) - (at % 5) * DAY_MS - (at % 2) * HOUR_MS,
    counts: { ...NO_COUNTS, requests: 1, inputTokens: at, costNanoUsd: 100_000_001 * at },
  }),
);

it.each([
  ['7d', 'person,endpoint,model,day'],
  ['7d', 'day'],
  ['7d', 'person,model'],
  ['7d', ''],
  ['60h', 'hour,person'],
  ['60h', 'model'],
  ['1h', 'day'],
])('since %s by %s', async (since, by) => {
  await recordUsage(redis, { writer: 'test', sequence: 1, rows, records: [] }, { people: 2 });
  const query = usageQueryOf({ since, by }, NOW_MS);
  const ofTime = rows.filter(({ fromAtMs }) => fromAtMs >= query.sinceAtMs);
  const whole = usageReport(ofTime, query);
  expect(JSON.parse(await text(reportParts(deps, query)))).toEqual(whole);
  expect(await text(csvParts(deps, query))).toBe(USAGE_CSV_HEAD + usageCsvLines(whole.rows));
});

it.each([
  ['day', '7d', 2, '2026-11-27T00:00:00.000Z'],
  ['day', '7d', 7, null],
  ['day', '2d', 3, null],
  ['hour', '60h', 1, '2026-11-28T00:00:00.000Z'],
] as const)(
  'a report by %s since %s says from when it is complete, and counts nothing before, with %i days left',
  async (by, since, left, removedBefore) => {
    await recordUsage(redis, { writer: 'test', sequence: 1, rows, records: [] }, { people: 2 });
    const firstAtMs = Date.UTC(2026, 10, 28) - (left - 1) * DAY_MS;
    await redis.set(keys.usageRemoved(by), firstAtMs);
    const asked = usageQueryOf({ since, by }, NOW_MS);
    const query = await withoutRemoved(redis, asked);
    const report = JSON.parse(await text(reportParts(deps, query)));
    const sinceAtMs = Math.max(asked.sinceAtMs, firstAtMs);
    const ofTime = rows.filter(({ fromAtMs }) => fromAtMs >= sinceAtMs);
    expect(report).toEqual({
      ...usageReport(ofTime, { ...asked, sinceAtMs }),
      removed_before: removedBefore,
    });
    expect(report.total.requests).toBe(ofTime.length);
  },
);

it('a report on a period that was removed completely is empty, and says why', async () => {
  await recordUsage(redis, { writer: 'test', sequence: 1, rows, records: [] }, { people: 2 });
  await redis.set(keys.usageRemoved('day'), Date.UTC(2026, 10, 28));
  const asked = usageQueryOf({ since: '2026-11-24', until: '2026-11-26', by: '' }, NOW_MS);
  const report = JSON.parse(await text(reportParts(deps, await withoutRemoved(redis, asked))));
  expect(report).toMatchObject({
    ...{ since: '2026-11-26T00:00:00.000Z', until: '2026-11-26T00:00:00.000Z', rows: [] },
    removed_before: '2026-11-28T00:00:00.000Z',
  });
});
