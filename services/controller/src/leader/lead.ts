/** One term of a leader: opens its resources, restores its state and runs its batches. */
import { once } from 'node:events';
import type { Effect, World } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import type { Redis } from 'ioredis';

import type { LeaderView } from '../view/api-state.ts';
import { ProbePlanner } from './act.ts';
import type { BatchHealth } from './batch-health.ts';
import { type CommitDeps, type CommitMetrics, commit } from './commit.ts';
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
  readonly redis: Redis;
  readonly target: RedisTarget;
  readonly instanceId: string;
  readonly clock: RedisClock;
  /** For pauses, and for BullMQ, which schedules by its client's wall clock. */
  readonly systemClock: Clock;
  readonly configSource: ConfigSource;
  readonly log: Logger;
  /** The newest state seen by this process. */
  readonly remembered: LeaderState | undefined;
  readonly notes: Notes;
  readonly metrics: CommitMetrics;
  readonly health: BatchHealth;
  readonly publish: (batch: PublishedBatch) => void;
  readonly onCommits: CommitDeps['onCommits'];
}

/** Leads until the signal aborts. @throws if it cannot continue as the leader */
export async function leadTerm(term: Term, deps: TermDeps): Promise<void> {
  const { redis, target, clock, configSource, log, health, remembered } = deps;
  const schedules = openSchedules({ target, log, clock: deps.systemClock });
  const waiting = createRedis(target, log, 'waiting');
  try {
    await once(waiting, 'ready', { signal: term.signal });
    const { config } = configSource.current();
    const epochMs = () => clock.epochMs();
    const { state, snapshot, isContinuation } = await restore({
      redis,
      config,
      log,
      nowMs: epochMs,
      remembered,
    });
    const start: Progress = { state, snapshot, loaded: undefined, tickedAtMs: clock.nowMs() };
    const steps = stepsOf(term, {
      ...deps,
      schedules,
      waiting,
      recorder: new Recorder(isContinuation),
    });
    await runBatches(start, {
      ...{ steps, health, log, clock: deps.systemClock },
      signal: term.signal,
    });
  } finally {
    waiting.disconnect();
    await schedules.close();
  }
}

interface StepDeps extends TermDeps {
  readonly schedules: Schedules;
  readonly waiting: Redis;
  readonly recorder: Recorder;
}

function stepsOf(term: Term, deps: StepDeps): Steps {
  const { setAside } = deps.health;
  const planner = new ProbePlanner(deps);
  return {
    read: (progress) => read(progress, { ...deps, setAside }),
    decide: (progress, reading) => {
      const batch = decide(progress, reading);
      for (const { kind, id, error } of batch.setAside) setAside(kind, id, messageOf(error));
      return batch;
    },
    commit: (batch, { snapshot }) => commit(batch, snapshot, { ...deps, term }),
    act: async ({ state, snapshot }, batch) => {
      if (batch !== undefined) {
        const { effects, before, view } = batch;
        deps.publish({ state, effects, before, view, snapshotVersion: snapshot?.version ?? 0 });
      }
      await planner.act(state, batch);
    },
  };
}
