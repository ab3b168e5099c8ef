/** The first step of a batch: all its input, read at one moment. */
import type { AuditRecord } from '@zephyr/contract/operate/operator-command';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import type { EpochMs } from '@zephyr/contract/scalars';
import { HOUR_MS } from '@zephyr/contract/units';
import type { Budget } from '@zephyr/contract/usage/people-limits';
import type { ConfigEvent } from '@zephyr/core';
import type { LoadedConfig } from '@zephyr/runtime/config/config';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { boundStreams } from '@zephyr/runtime/redis/proxy-records';
import { boundUsage } from '@zephyr/runtime/redis/usage-store';
import type { Redis } from 'ioredis';

import { namesOfPeople, readBudgets } from '../view/budgets.ts';
import type { SetAside } from './batch-health.ts';
import { type CoreConfig, configEvent, coreConfigOf } from './core-config.ts';
import type { Progress } from './leader-state.ts';
import { BUSY, type LeaderPace, leaderPace, leaderWaitMs, tickDueAtMs } from './pace.ts';
import type { RedisClock } from './redis-clock.ts';
import type { NextProbes, Schedules } from './schedules.ts';
import { type Received, readPresences, readStreams } from './streams.ts';
import { type CoreCommand, reloadAudit, sortCommands } from './translate-commands.ts';

export interface Reading {
  readonly epochMs: EpochMs;
  readonly received: Received;
  /** The commands for the core. */
  readonly commands: readonly CoreCommand[];
  /** The answers to the other commands: too late, malformed, or reloading the configuration. */
  readonly audits: readonly AuditRecord[];
  readonly presences: readonly ProxyPresence[];
  /** Undefined if the queue did not answer. */
  readonly nextProbes: NextProbes | undefined;
  readonly loaded: LoadedConfig;
  /** Derived from `loaded`. */
  readonly coreConfig: CoreConfig;
  /** Null if the configuration is the one of the last batch. */
  readonly configEvent: ConfigEvent | null;
  /** Budgets of people and teams; undefined if they were not read. */
  readonly budgets: readonly Budget[] | undefined;
  /** Null if less than a second has passed since the last one. While idle there is one every four seconds. */
  readonly tick: Tick | null;
}

export interface Tick {
  /** Monotonic. */
  readonly startedAtMs: number;
  readonly elapsedMs: number;
}

export interface ReadDeps {
  readonly redis: Redis;
  /** Used for nothing else: waiting for the streams must not delay the lease and the commits. */
  readonly waiting: Redis;
  readonly clock: RedisClock;
  readonly configSource: ConfigSource;
  readonly schedules: Pick<Schedules, 'nextAtMs'>;
  readonly setAside: SetAside;
}

/**
 * Waits for new input, at most until the next tick or as long as outcomes may wait; undefined if nothing
 * arrived.
 */
export async function read(progress: Progress, deps: ReadDeps): Promise<Reading | undefined> {
  const { clock, configSource, setAside } = deps;
  const { cursors } = progress.state;
  const pace = leaderPace(progress.state.world, clock.epochMs());
  const untilTickMs = untilTick(progress, clock, pace);
  const endpointIds = new Set(
    configSource.current().config.endpoints.map(({ id }) => id as string),
  );
  const waitMs = leaderWaitMs(clock.nowMs(), untilTickMs, pace);
  const received = await readStreams(deps.waiting, { cursors, waitMs, endpointIds }, setAside);
  const isSilent =
    received.cursors.commands === cursors.commands &&
    received.cursors.probes === cursors.probes &&
    received.cursors.outcomes === cursors.outcomes;
  const isConfigured = progress.loaded === configSource.current();
  return isSilent && isConfigured && untilTick(progress, clock, pace) > 0
    ? undefined
    : complete(received, progress, deps);
}

/** 0 or less if a tick is due; the first batch does not wait. */
function untilTick({ loaded, tickedAtMs }: Progress, clock: RedisClock, pace: LeaderPace): number {
  return loaded === undefined ? 0 : tickDueAtMs(tickedAtMs, pace) - clock.nowMs();
}

/** Adds the data that is read for every batch. */
async function complete(
  received: Received,
  progress: Progress,
  { redis, clock, configSource, schedules, setAside }: ReadDeps,
): Promise<Reading> {
  const startedAtMs = clock.nowMs();
  const isTick = untilTick(progress, clock, BUSY) <= 0;
  const [presences, nextProbes, budgets] = await Promise.all([
    readPresences(redis, setAside),
    schedules.nextAtMs(),
    isTick ? budgetsAsFarAsKnown(redis, configSource, clock.epochMs()) : undefined,
    isTick ? boundStreams(redis) : undefined,
    isTick && isFirstOfHour(clock.epochMs(), startedAtMs - progress.tickedAtMs)
      ? boundUsage(redis, clock.epochMs())
      : undefined,
  ]);
  const epochMs = clock.epochMs();
  const people = namesOfPeople(configSource.current().config);
  const { forCore, reloads, refused } = sortCommands(received.commands, epochMs, (name) =>
    people.has(name),
  );
  const { mode } = progress.state.world.wishes;
  const reloaded = reloads.map((command) =>
    reloadAudit(command, { change: configSource.reload(), mode, epochMs }),
  );
  const loaded = configSource.current();
  return {
    ...{ epochMs, received, presences, nextProbes, loaded, budgets },
    commands: forCore,
    audits: [...refused, ...reloaded],
    coreConfig: coreConfigOf(loaded.config),
    configEvent: progress.loaded === loaded ? null : configEvent(progress.loaded, loaded),
    tick: isTick ? { startedAtMs, elapsedMs: startedAtMs - progress.tickedAtMs } : null,
  };
}

/** @param elapsedMs since the previous tick */
function isFirstOfHour(epochMs: number, elapsedMs: number): boolean {
  return Math.floor(epochMs / HOUR_MS) > Math.floor((epochMs - elapsedMs) / HOUR_MS);
}

/** A budget warning can wait; the batch cannot. */
async function budgetsAsFarAsKnown(
  redis: Redis,
  configSource: ConfigSource,
  epochMs: number,
): Promise<readonly Budget[] | undefined> {
  try {
    return await readBudgets(redis, configSource.current().config, epochMs);
  } catch {
    return undefined;
  }
}
