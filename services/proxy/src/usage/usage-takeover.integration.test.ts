/** Usage on disk whose proxy was frozen, was taken over as ended by another one, and resumes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RequestRecord } from '@zephyr/contract/usage/usage';
import { epochMs } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { offerUsageScripts, recordUsage } from '@zephyr/runtime/redis/usage-store';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import { expect, it, onTestFinished } from 'vitest';

import { PeopleLimits } from '../people-limits/people-limits.ts';
import { ledgerOf, MODEL } from '../test-support/billed-requests.ts';
import { type OrphanedUsage, UsageFile } from './usage-file.ts';
import { UsageWriter } from './usage-writer.ts';

const log = createLogger('test', 'silent');

const request = (inputTokens: number): RequestRecord => ({
  ...{ id: 'r', endpointRequestId: null, atMs: epochMs(Date.now()), person: 'ann', group: null },
  ...{ endpoint: 'one', model: MODEL, operation: 'messages', session: null, outcome: 'ok' },
  ...{ attempts: [], ttftMs: null, durationMs: 1, tokensKnown: 'reported', costUsd: null },
  usage: {
    ...{ inputTokens, outputTokens: 0, cacheReadTokens: 0 },
    ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  },
});

async function setUp() {
  const { server, redis } = await redisOfTest();
  await offerUsageScripts(redis);
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-'));
  const place = { folder: () => folder, system: 'here' };
  const limits = new PeopleLimits(
    { clients: [], teams: [], clientDefaults: {} },
    { proxyId: 'frozen', clock: systemClock },
  );
  const line = createRedis({ url: server.url }, log, 'command');
  const frozen = new UsageWriter({
    ...{ proxyId: 'frozen', clock: systemClock, log, place, limits, redis: line },
    onRows: () => undefined,
    onWrite: () => undefined,
  });
  await frozen.start();
  onTestFinished(async () => {
    await frozen.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.json'));
  const other = (name: string) => {
    const file = new UsageFile(place, name, systemClock);
    /** As if no process had touched them for long. */
    return async (): Promise<readonly OrphanedUsage[]> => {
      for (const path of files()) utimesSync(join(folder, path), new Date(0), new Date(0));
      return file.takeOrphans(() => undefined);
    };
  };
  const onDisk = () => files().map((name) => readFileSync(join(folder, name), 'utf8'));
  return { redis, line, frozen, onDisk, takenBy: other };
}

it('counts the usage on disk and since then, each once, whoever writes first', async () => {
  const { redis, line, frozen, onDisk, takenBy } = await setUp();
  line.disconnect();
  frozen.note(request(1), MODEL);
  await eventually(() => expect(onDisk()).toHaveLength(1));
  // The second is still busy with it, or has ended: a third proxy takes over the same file.
  await eventually(async () => expect(await takenBy('second')()).toHaveLength(1));
  const [taken] = await eventually(async () => {
    const again = await takenBy('third')();
    expect(again).toHaveLength(1);
    return again;
  });
  frozen.note(request(20), MODEL);
  await eventually(() => expect(onDisk()).toHaveLength(2));
  await line.connect();
  const inputTokens = async () => (await ledgerOf(redis)).total.input_tokens;
  for (const batch of taken?.batches ?? []) await recordUsage(redis, batch, { people: 1 });
  // The frozen one may find the file, too, as that of an ended process.
  await eventually(async () => expect(await inputTokens()).toBe(21));
  await taken?.remove();
  await eventually(() => expect(onDisk()).toEqual([]));
  expect(await inputTokens()).toBe(21);
});
