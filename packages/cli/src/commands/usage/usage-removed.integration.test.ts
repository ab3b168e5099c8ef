/** All usage figures say so if the oldest part was removed. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { REMOVED_BEFORE_HEADER, type UsageReport } from '@zephyr/contract/usage/usage';
import { USAGE_CSV_HEAD, usageReport } from '@zephyr/core';
import { expect, it, onTestFinished } from 'vitest';

import { cost } from './cost.ts';
import { exportUsage, showUsage } from './usage.ts';

const REMOVED_BEFORE = '2026-07-01T00:00:00.000Z';
const NOTE = /^Incomplete: usage before 2026-07-01 00:00 UTC was removed/m;
const counts = {
  ...{ requests: 1, failed: 0, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0 },
  ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 1, unpriced: 0 },
  ...{ incomplete: 0, possiblyBilledTwice: 0 },
};
const row = { person: 'probes', endpoint: 'one', model: 'm', fromAtMs: 0, counts };
const query = { by: ['person', 'day'], sinceAtMs: 0, untilAtMs: 1 } as const;
const removedBeforeMs = Date.parse(REMOVED_BEFORE);

async function controllerWith(report: Partial<UsageReport>) {
  const server = createServer(({ url = '' }, res) => {
    if (url.startsWith('/api/usage.csv')) {
      const removed = report.removed_before ?? null;
      if (removed !== null) res.setHeader(REMOVED_BEFORE_HEADER, removed);
      res.setHeader('content-type', 'text/csv').end(USAGE_CSV_HEAD);
      return;
    }
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(url.startsWith('/api/usage') ? report : { budgets: [] }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, config: '/none.toml', envFile: '/none.env' };
}

it.each([[[row]], [[]]])('a table shows since when it is complete, with rows %j', async (rows) => {
  const options = await controllerWith(usageReport(rows, { ...query, removedBeforeMs }));
  expect(await showUsage(options, { LANG: 'C' })).toMatch(NOTE);
  expect(await cost({ ...options, days: 400 }, { LANG: 'C' })).toMatch(NOTE);
});

it('a CSV is complete, and notes that it cannot hold go to stderr', async () => {
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const removed = await controllerWith(usageReport([], { ...query, removedBeforeMs }));
  const csv = await exportUsage({ ...removed, csv: true }, { LANG: 'C' }, warn);
  expect([csv, warnings]).toEqual([USAGE_CSV_HEAD.trimEnd(), [expect.stringMatching(NOTE)]]);
});

it('there is no note if everything is there, or if the controller is older', async () => {
  const { removed_before: _, ...older } = usageReport([row], query);
  for (const report of [usageReport([row], query), older]) {
    const options = await controllerWith(report);
    const warn = (line: string) => expect.fail(line);
    expect(await showUsage(options, { LANG: 'C' })).not.toContain('Incomplete');
    expect(await exportUsage({ ...options, csv: true }, { LANG: 'C' }, warn)).not.toBe('');
  }
});
