import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { epochMs } from '@zephyr/core';
import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { acquireLease } from '@zephyr/runtime/redis/lease-store';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { freshProgress, loaded, readingOf } from '../test-support/batches.ts';
import { type CommitDeps, commit } from './commit.ts';
import { configEvent } from './core-config.ts';
import { type Batch, decide } from './decide.ts';
import { type NewLogEntry, Notes } from './event-notes.ts';
import type { Term } from './leader-election.ts';
import { checkpointOf } from './leader-state.ts';
import { RETRY_INTERVAL_MS } from './loop.ts';
import { Recorder } from './recorder.ts';

const log = createLogger('test', 'silent');
const note: NewLogEntry = { kind: 'config', atMs: 1, outcome: 'applied', problems: [] };

const { redis } = await redisOfFile();
let notes: Notes;
let stopping: AbortController;
const failed = vi.fn();

beforeEach(async () => {
  notes = new Notes();
  notes.add(note);
  stopping = new AbortController();
  vi.clearAllMocks();
});

async function lead(id: string): Promise<Term> {
  const answer = await acquireLease(redis, id);
  if (answer.status !== 'held') throw new Error(`${id} did not get the lease`);
  return { ...answer, leaderId: id, signal: stopping.signal };
}

const depsOf = (term: Term, clock: Clock = systemClock): CommitDeps => ({
  ...{ term, redis, clock, notes, log },
  recorder: new Recorder(false),
  report: { began: () => () => undefined, accepted: () => undefined, failed },
});

/** The first batch of a term: it selects an endpoint, and so publishes. */
function firstBatch(): Batch {
  return decide(freshProgress(), readingOf({ configEvent: configEvent(undefined, loaded) }));
}

const stored = async () => ({
  records: await redis.exists(keys.snapshot, keys.world, keys.view, keys.operator),
  entries: (await redis.xlen(keys.log)) + (await redis.xlen(keys.inputs)),
});

describe('commit', () => {
  it('writes snapshot, state, view, recording and notes of a batch together', async () => {
    const batch = firstBatch();
    const snapshot = await commit(batch, undefined, depsOf(await lead('one')));
    expect(snapshot).toMatchObject({ version: 1, configHash: loaded.config.hash });
    expect(JSON.parse((await redis.get(keys.snapshot)) ?? '')).toEqual(snapshot);
    const world = JSON.parse((await redis.get(keys.world)) ?? '');
    expect(world).toEqual(JSON.parse(JSON.stringify(checkpointOf(batch.state))));
    const entries = await redis.xrange(keys.log, '-', '+');
    const kinds = entries.map(([, [, json]]) => JSON.parse(json ?? '{}').kind as string);
    expect(kinds.slice(0, 2)).toEqual(['leader', 'config']);
    expect(await redis.xlen(keys.inputs)).toBe(1);
    expect(notes.pending()).toEqual([]);
  });

  it('writes the operators’ wishes with the first batch: an emptied Redis has lost them', async () => {
    const wishes = {
      ...{ mode: { kind: 'auto' as const }, automation: 'paused' as const, disabled: [] },
      grants: [{ name: 'ann', dayAtMs: epochMs(0), usd: 5 }],
    };
    const { state, ...rest } = firstBatch();
    const batch = { ...rest, state: { ...state, world: { ...state.world, wishes } } };
    await commit(batch, undefined, depsOf(await lead('one')));
    const written = await redis.mget(keys.operator, keys.usageGrants);
    expect(written.map((text) => JSON.parse(text ?? ''))).toEqual([wishes, wishes.grants]);
  });

  it('publishes nothing, not even the leader, if nothing has changed', async () => {
    const deps = depsOf(await lead('one'));
    const first = firstBatch();
    const snapshot = await commit(first, undefined, deps);
    const entries = await redis.xlen(keys.log);
    const progress = { state: first.state, snapshot };
    const second = decide(progress, readingOf());
    expect(await commit(second, snapshot, deps)).toBe(snapshot);
    expect(await redis.xlen(keys.log)).toBe(entries);
  });

  it.each([
    ['another one leads', async () => void (await redis.set(keys.lease, 'two'))],
    ['its lease has ended', async () => void (await redis.del(keys.lease))],
    ['it leads a later term', async () => void (await lead('one'))],
  ])(
    'refuses a batch whose leader may no longer write, and writes no part of it: %s',
    async (_, change) => {
      const term = await lead('one');
      await change();
      await expect(commit(firstBatch(), undefined, depsOf(term))).rejects.toMatchObject({
        code: 'FENCED',
      });
      expect(await stored()).toEqual({ records: 0, entries: 0 });
      // The next leader, or this one in its next term, writes them.
      expect(notes.pending()).toEqual([note]);
    },
  );

  it('refuses a batch that was decided on another snapshot', async () => {
    const deps = depsOf(await lead('one'));
    const snapshot = (await commit(firstBatch(), undefined, deps)) as RoutingSnapshot;
    const older = { ...snapshot, version: 0, configHash: 'another' };
    await expect(commit(firstBatch(), older, deps)).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('retries until Redis accepts it, and reports each failure', async () => {
    const clock = new ManualClock();
    const deps = depsOf(await lead('one'), clock);
    await redis.config('SET', 'maxmemory', '1');
    const committing = commit(firstBatch(), undefined, deps);
    await clock.whenSet(RETRY_INTERVAL_MS);
    clock.advance(RETRY_INTERVAL_MS);
    await clock.whenSet(RETRY_INTERVAL_MS);
    expect(failed.mock.calls).toEqual([['refused'], ['refused']]);
    await redis.config('SET', 'maxmemory', '0');
    clock.advance(RETRY_INTERVAL_MS);
    expect(await committing).toMatchObject({ version: 1 });
  });

  it('gives up when the term ends', async () => {
    const deps = depsOf(await lead('one'));
    await redis.config('SET', 'maxmemory', '1');
    const committing = commit(firstBatch(), undefined, deps);
    const rejected = expect(committing).rejects.toMatchObject({ code: 'FENCED' });
    stopping.abort();
    await rejected;
    await redis.config('SET', 'maxmemory', '0');
    expect(await stored()).toEqual({ records: 0, entries: 0 });
  });
});
