/** What is on disk while Redis is slow, and what happens when another proxy takes it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type RequestRecord,
  type UsageBatch,
  usageBatchSchema,
} from '@zephyr/contract/usage/usage';
import { epochMs } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';

import { PeopleLimits } from '../people-limits/people-limits.ts';
import { UsageFile } from './usage-file.ts';
import { UsageWriter } from './usage-writer.ts';

const request: RequestRecord = {
  ...{ id: 'r', endpointRequestId: null, atMs: epochMs(1_800_000_000_000), person: 'ann' },
  ...{ group: null, endpoint: 'one', model: 'm', operation: 'messages', session: null },
  ...{ outcome: 'ok', attempts: [], ttftMs: null, durationMs: 1, tokensKnown: 'free' },
  usage: {
    ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
    ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  },
  costUsd: null,
};

/** A writer whose Redis answers when the test allows it. */
async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-writer-'));
  const place = { folder: () => folder, system: 'here' };
  const clock = new ManualClock();
  const calls: PromiseWithResolvers<string>[] = [];
  const sent: string[] = [];
  const redis = {
    status: 'ready',
    disconnect: () => undefined,
    call: (_name: string, args: readonly unknown[]) => {
      const call = Promise.withResolvers<string>();
      calls.push(call);
      sent.push(args.join(' '));
      return call.promise;
    },
  };
  const writer = new UsageWriter({
    ...{ proxyId: 'one', clock, place, log: createLogger('test', 'silent') },
    redis: redis as unknown as Redis,
    limits: new PeopleLimits(
      { clients: [], teams: [], clientDefaults: {} },
      { proxyId: 'one', clock },
    ),
    onRows: () => undefined,
    onWrite: () => undefined,
  });
  await writer.start();
  onTestFinished(async () => {
    redis.status = 'end';
    const stopped = writer.stop();
    for (const call of calls) call.reject(new Error('Connection is closed.'));
    await stopped;
    rmSync(folder, { recursive: true, force: true });
  });
  const onDisk = (): readonly UsageBatch[] =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) =>
        z.array(usageBatchSchema).parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
      );
  const modelsOnDisk = () => onDisk().map(({ rows }) => rows.map(({ model }) => model));
  const call = (at: number) =>
    eventually(() => {
      expect(calls.length).toBeGreaterThan(at);
      return calls[at] as PromiseWithResolvers<string>;
    });
  const takenByAnother = async () => {
    for (const name of readdirSync(folder))
      utimesSync(join(folder, name), new Date(0), new Date(0));
    expect(
      await new UsageFile(place, 'other', systemClock).takeOrphans(() => undefined),
    ).toHaveLength(1);
  };
  const requestsOnDisk = () => onDisk().map(({ records }) => records.map(({ id }) => id));
  return { writer, clock, sent, call, modelsOnDisk, requestsOnDisk, takenByAnother };
}

it('stores usage that arrives while a batch is being written, however long that takes', async () => {
  const { writer, clock, call, modelsOnDisk } = await setUp();
  writer.note(request, 'a');
  clock.advance(700);
  await call(0);
  writer.note(request, 'b');
  clock.advance(250);
  await eventually(() => expect(modelsOnDisk()).toEqual([['a'], ['b']]));
  writer.note(request, 'c');
  await eventually(() => {
    clock.advance(700);
    // Usage that another proxy may have read stays in its batch.
    expect(modelsOnDisk()).toEqual([['a'], ['b', 'c']]);
  });
});

it('counts later usage if all its timers are due after it was frozen and its file taken', async () => {
  const { writer, clock, sent, call, takenByAnother, modelsOnDisk } = await setUp();
  writer.note(request, 'a');
  clock.advance(700);
  (await call(0)).reject(new Error('Command timed out'));
  await eventually(() => expect(modelsOnDisk()).toEqual([['a']]));
  await clock.whenSet(700);
  clock.advance(700);
  await call(1);
  writer.note(request, 'b');
  await takenByAnother();
  clock.advance(250);
  (await call(1)).reject(new Error('Command timed out'));
  await clock.whenSet(700);
  clock.advance(700);
  (await call(2)).resolve('written');
  expect(sent[2]).toContain('usage-written:one+1');
  expect(sent[2]).toContain('\tb ');
  await eventually(() => expect(writer.unwrittenRequests).toBe(0));
});

it('has no timer while idle but the one until it looks for files of others', async () => {
  const { clock } = await setUp();
  const setTimer = vi.spyOn(clock, 'setTimer');
  clock.advance(700);
  await clock.whenSet(3_300);
  clock.advance(3_300);
  await clock.whenSet(5_000);
  expect(setTimer.mock.calls.map(([, delayMs]) => delayMs)).toEqual([3_300, 5_000]);
});

it('waits only to look for files while all is written, and the next request ends that', async () => {
  const { writer, clock, call } = await setUp();
  clock.advance(700);
  await clock.whenSet(3_300);
  expect(clock.timers).toBe(1);
  writer.note(request, 'a');
  await clock.whenSet(700);
  clock.advance(700);
  (await call(0)).resolve('written');
  await clock.whenSet(2_600);
  expect([writer.unwrittenRequests, clock.timers]).toEqual([0, 1]);
});

it('lists at most a thousand requests of a batch in the log, and counts the others', async () => {
  const { writer, clock, call, requestsOnDisk } = await setUp();
  const note = (from: number, to: number) => {
    for (let n = from; n < to; n += 1) writer.note({ ...request, id: `r${n}` }, 'm');
  };
  const ids = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `r${from + index}`);
  note(0, 1_001);
  clock.advance(700);
  await call(0);
  note(1_001, 1_602);
  clock.advance(250);
  await eventually(() => expect(requestsOnDisk()).toEqual([ids(0, 1_000), ids(1_001, 1_602)]));
  // While Redis is away, the latest ones stay.
  note(1_602, 2_002);
  await clock.whenSet(700);
  clock.advance(700);
  await eventually(() => expect(requestsOnDisk()[1]).toEqual(ids(1_002, 2_002)));
  expect(writer.unwrittenRequests).toBe(2_002);
});
