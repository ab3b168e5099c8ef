/** One term of a leader: opens its resources, restores its state and runs its batches. */
import { once } from 'node:events';
import type { Effect, World } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import type { Redis } from 'ioredis';

import type { LeaderView } from '../view/api-state.ts';
import { ProbePlanner } from './act.ts';
import type { BatchHealth } from './batch-health.ts';
import { type CommitReport, commit } from './commit.ts';
import { decide } from './decide.ts';
import type { Notes } from './event-notes.ts';
import type { Term } from './leader-election.ts';
import type { LeaderState, Progress } from './leader-state.ts';
import { runBatches, type Steps } from './loop.ts';
import { read } from './read.ts';
import { Recorder } from './recorder.ts';
import type { RedisClock } from './redis-clock.ts';
import { restore } from './restore.ts';
import { openSchedules, type Schedules } from './schedules.ts';

/** Passed to the rest of this process after a batch is written. */
export interface PublishedBatch {
  readonly state: LeaderState;
  readonly effects: readonly Effect[];
  /** State before the batch. */
  readonly before: World;
  readonly view: LeaderView;
  /** Version of the newest snapshot; 0 before the first. */
  readonly snapshotVersion: number;
}

export interface TermDeps {
  readonly store: { readonly redis: Redis; readonly target: RedisTarget };
  readonly clocks: {
    readonly redis: RedisClock;
    /** For pauses, and for BullMQ, which schedules by its client's wall clock. */
    readonly system: Clock;
  };
  /** Uniform from 0 to below 1: spreads the first probes. */
  readonly rng: () => number;
  readonly configSource: ConfigSource;
  /** The newest state seen by this process. */
  readonly remembered: LeaderState | undefined;
  readonly notes: Notes;
  readonly log: Logger;
  readonly report: TermReport;
}

/** Receives what the rest of this process shows. */
export interface TermReport {
  readonly health: BatchHealth;
  readonly commits: CommitReport;
  readonly publish: (batch: PublishedBatch) => void;
}

/** Leads until the signal aborts. @throws if it cannot continue as the leader */
export async function leadTerm(term: Term, deps: TermDeps): Promise<void> {
  const { store, clocks, rng, log } = deps;
  const schedules = openSchedules({ target: store.target, log, clock: clocks.system, rng });
  const waiting = createRedis(store.target, log, 'waiting');
  try {
    await once(waiting, 'ready', { signal: term.signal });
    const { start, isContinuation } = await resume(deps);
    const recorder = new Recorder(isContinuation);
    await runBatches(start, {
      steps: stepsOf(term, deps, { schedules, waiting, recorder }),
      ...{ health: deps.report.health, log, clock: clocks.system, signal: term.signal },
    });
  } finally {
    waiting.disconnect();
    await schedules.close();
  }
}

async function resume({ store, clocks, configSource, log, remembered }: TermDeps) {
  const { config } = configSource.current();
  const { state, snapshot, isContinuation } = await restore({
    ...{ redis: store.redis, config, log, remembered },
    epochMs: () => clocks.redis.epochMs(),
  });
  const tickedAtMs = clocks.redis.nowMs();
  const start: Progress = { state, snapshot, loaded: undefined, tickedAtMs };
  return { start, isContinuation };
}

/** Opened for one term. */
interface Opened {
  readonly schedules: Schedules;
  readonly waiting: Redis;
  readonly recorder: Recorder;
}

function stepsOf(
  term: Term,
  { store: { redis }, clocks, configSource, notes, log, report }: TermDeps,
  { schedules, waiting, recorder }: Opened,
): Steps {
  const { setAside } = report.health;
  const sources = { redis, waiting, clock: clocks.redis, configSource, schedules, setAside };
  const records = { term, redis, clock: clocks.system, notes, recorder, log };
  const planner = new ProbePlanner({ schedules, clock: clocks.redis, log });
  return {
    read: (progress) => read(progress, sources),
    decide: (progress, reading) => {
      const batch = decide(progress, reading);
      for (const { kind, id, error } of batch.setAside) setAside(kind, id, messageOf(error));
      return batch;
    },
    commit: (batch, { snapshot }) =>
      commit(batch, snapshot, { ...records, report: report.commits }),
    act: async ({ state, snapshot }, batch) => {
      if (batch !== undefined) {
        const { effects, before, view } = batch;
        report.publish({ state, effects, before, view, snapshotVersion: snapshot?.version ?? 0 });
      }
      await planner.act(state, batch);
    },
  };
}
