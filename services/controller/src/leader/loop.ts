/**
 * The work of a leader, from taking the lease to losing it: hear, decide, commit, then do what
 * follows outside of Redis' records. One turn after another; a turn that cannot be committed
 * never happened.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Effect, type EpochMs, own, type Policy, type WorldEvent } from '@zephyr/core';
import type { LoadedConfig } from '@zephyr/runtime/config/config';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { boundStreams } from '@zephyr/runtime/redis/bounded';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import type { AuditRecord } from '@zephyr/runtime/redis/commands';
import type { CommitWrite } from '@zephyr/runtime/redis/commit';
import type { Redis } from 'ioredis';
import type { Metrics } from '../metrics.ts';
import type { LeaderView } from '../view/view.ts';
import type { TurnResult } from './batch.ts';
import type { TurnHealth } from './batch-health.ts';
import { changedEndpoints } from './changed-endpoints.ts';
import type { CommittedTurn } from './committed-batch.ts';
import { Committer } from './committer.ts';
import { decide } from './decide.ts';
import { type Heard, hear, readPresences } from './inputs.ts';
import { auditWrites, logged, type NewLogEntry, writesOf } from './leader-commit.ts';
import { type Mind, type Recalled, recall } from './leader-state.ts';
import type { Term } from './leadership.ts';
import { auditsOf, type CoreCommand, reloadAudit, sortCommands } from './operator-commands.ts';
import { Recorder } from './recording.ts';
import type { RedisClock } from './redis-clock.ts';
import { isOutOfStep, openSchedules, overdueProbes, type Schedules } from './schedules.ts';
import { settingsOf } from './settings.ts';

const TICK_MS = 1_000;
const RECONCILE_MS = 30_000;
/** Between two tries of what Redis did not answer. */
const RETRY_MS = 200;

export interface TermDeps {
  readonly redis: Redis;
  readonly target: RedisTarget;
  readonly instanceId: string;
  readonly clock: RedisClock;
  readonly configSource: ConfigSource;
  readonly log: Logger;
  /** The newest checkpoint that this process knows of. */
  readonly remembered: Mind | undefined;
  /** Takes what else belongs into the event log: changes of the configuration. */
  readonly takeNotes: () => readonly NewLogEntry[];
  readonly metrics: Pick<Metrics, 'commitSeconds' | 'commitFailures'>;
  readonly turns: TurnHealth;
  /** Told after each committed turn. */
  readonly committed: (turn: CommittedTurn) => void;
}

/** Leads until the signal aborts. @throws when it cannot go on as the leader. */
export async function leadTerm(term: Term, deps: TermDeps): Promise<void> {
  const schedules = openSchedules(deps.target, deps.log);
  // Waiting for the streams must not hold up the lease and the commits.
  const waiting = createRedis(deps.target, deps.log, 'command');
  try {
    await once(waiting, 'ready', { signal: term.signal });
    const start = await recall({
      redis: deps.redis,
      config: deps.configSource.current().config,
      log: deps.log,
      nowMs: () => deps.clock.now(),
      remembered: deps.remembered,
    });
    const leader = new Leader({ ...deps, term, schedules, waiting }, start);
    await leader.run();
  } finally {
    waiting.disconnect();
    await schedules.close();
  }
}

interface LeaderDeps extends TermDeps {
  readonly term: Term;
  readonly schedules: Schedules;
  readonly waiting: Redis;
}

class Leader {
  readonly #deps: LeaderDeps;
  readonly #committer: Committer;
  readonly #recorder: Recorder;
  #mind: Mind;
  /** What the mind was last told of; another object means a changed configuration. */
  #loaded: LoadedConfig | undefined;
  #tickedAtMs = performance.now();
  #reconciledAtMs = Number.NEGATIVE_INFINITY;
  #isTroubled = false;
  readonly #leadsSinceMs: EpochMs;
  /** Ids of the endpoints whose checks were overdue at last. */
  #overdue = '';

  constructor(deps: LeaderDeps, start: Recalled) {
    this.#deps = deps;
    this.#committer = new Committer(deps, start.snapshot);
    this.#recorder = new Recorder(start.goesOn);
    this.#mind = start.mind;
    this.#leadsSinceMs = deps.clock.now();
  }

  async run(): Promise<void> {
    const { signal } = this.#deps.term;
    while (!signal.aborted) {
      try {
        // The first turn waits for nothing: whoever waits for a leader waits no longer.
        const waitMs = this.#isTick() ? 1 : this.#tickedAtMs + TICK_MS - performance.now();
        const { waiting, turns } = this.#deps;
        const endpointIds = this.#endpointIds();
        const from = { cursors: this.#mind.cursors, waitMs, endpointIds };
        const heard = await hear(waiting, from, turns.setAside);
        if (this.#isDue(heard)) await this.#turn(heard);
        turns.succeeded();
        if (performance.now() - this.#reconciledAtMs > RECONCILE_MS) await this.#reconcile();
        this.#isTroubled = false;
      } catch (error) {
        this.#deps.turns.failed();
        if (error instanceof ZephyrError && error.code === 'FENCED') throw error;
        await this.#trouble(error);
      }
    }
  }

  /** One lost command is no reason to give up leading: the lease tells when it is. */
  async #trouble(error: unknown): Promise<void> {
    if (!this.#isTroubled) this.#deps.log.warn({ err: error }, 'a turn failed');
    this.#isTroubled = true;
    await sleep(RETRY_MS, undefined, { signal: this.#deps.term.signal }).catch(() => undefined);
  }

  #endpointIds(): ReadonlySet<string> {
    return new Set(this.#deps.configSource.current().config.endpoints.map(({ id }) => id));
  }

  #isDue({ cursors }: Heard): boolean {
    const former = this.#mind.cursors;
    const isSilent =
      cursors.commands === former.commands &&
      cursors.probes === former.probes &&
      cursors.outcomes === former.outcomes;
    return !isSilent || this.#isTick() || this.#loaded !== this.#deps.configSource.current();
  }

  #isTick(): boolean {
    return this.#loaded === undefined || performance.now() - this.#tickedAtMs >= TICK_MS;
  }

  async #turn(heard: Heard): Promise<void> {
    const { clock, configSource, redis, schedules, turns } = this.#deps;
    const startedAtMs = performance.now();
    const isTick = this.#isTick();
    const [presences, nextProbes] = await Promise.all([
      readPresences(redis, turns.setAside),
      schedules.nextAtMs(),
      isTick ? boundStreams(redis) : undefined,
    ]);
    const nowMs = clock.now();
    const commands = this.#sort(heard, nowMs);
    const loaded = configSource.current();
    const { config } = loaded;
    const { policy } = settingsOf(config);
    const before = this.#mind.world;
    const { turn, view, setAside } = decide(this.#mind, {
      ...{ heard, commands: commands.forCore, presences, config, policy, nowMs },
      elapsedMs: isTick ? startedAtMs - this.#tickedAtMs : null,
      configEvent: this.#loaded === loaded ? null : configEvent(this.#loaded, loaded),
      snapshot: this.#committer.snapshot,
      nextProbeAtMs: nextProbes ?? new Map(),
    });
    for (const { kind, id, error } of setAside) turns.setAside(kind, id, messageOf(error));
    await this.#commit(turn, { commands, view, nowMs, policy, configHash: config.hash });
    if (isTick) this.#tickedAtMs = startedAtMs;
    this.#loaded = loaded;
    await this.#perform(turn.effects);
    if (nextProbes !== undefined && isOutOfStep(before.probePlans, nextProbes)) {
      this.#reconciledAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** The commands for the core, and what is to be told about the others. */
  #sort(heard: Heard, nowMs: EpochMs): TurnCommands {
    const { forCore, reloads, refused } = sortCommands(heard.commands, nowMs);
    const { mode } = this.#mind.world.wishes;
    const reloaded = reloads.map((command) =>
      reloadAudit(command, { change: this.#deps.configSource.reload(), mode, nowMs }),
    );
    return { forCore, audits: [...refused, ...reloaded] };
  }

  async #commit(turn: TurnResult, made: MadeTurn): Promise<void> {
    const { committed } = this.#deps;
    const { commands, view, nowMs, configHash } = made;
    const audits = [...commands.audits, ...auditsOf(turn.effects, commands.forCore, nowMs)];
    const writes: readonly CommitWrite[] = [
      ...this.#notes(nowMs).map(logged),
      ...writesOf(turn.effects, nowMs),
      ...auditWrites(audits, nowMs),
      { place: 'view', value: view },
      this.#record(turn, made.policy),
    ];
    await this.#committer.commit(turn, { writes, configHash, nowMs });
    this.#mind = turn.mind;
    const snapshotVersion = this.#committer.snapshot?.version ?? 0;
    committed({ mind: turn.mind, effects: turn.effects, view, snapshotVersion });
  }

  #record({ inputs, effects }: TurnResult, policy: Policy): CommitWrite {
    const decisions = effects.flatMap((effect) =>
      effect.kind === 'record' ? [effect.decision] : [],
    );
    const recorded = this.#recorder.next({ before: this.#mind.world, policy, inputs, decisions });
    return { place: 'inputs', value: recorded.entry, kept: recorded.kept };
  }

  #notes(atMs: number): readonly NewLogEntry[] {
    const { takeNotes, instanceId, term } = this.#deps;
    const notes = takeNotes();
    if (this.#committer.snapshot?.epoch === term.epoch) return notes;
    return [{ kind: 'leader', atMs, instanceId, epoch: term.epoch }, ...notes];
  }

  /** What follows outside of the commit: done again by `reconcile` if we die before. */
  async #perform(effects: readonly Effect[]): Promise<void> {
    const { schedules, log } = this.#deps;
    try {
      for (const effect of effects) {
        if (effect.kind === 'set_probe') await schedules.set(effect.endpointId, effect.plan);
        if (effect.kind === 'probe_now') await schedules.probeNow(effect.endpointIds);
      }
    } catch (error) {
      log.warn({ err: error }, 'planning probes failed');
      this.#reconciledAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** At most one waits for each endpoint, however long nobody probes. */
  async #probeOverdue(): Promise<void> {
    const { world, observations } = this.#mind;
    const heardAtMs = (id: string) =>
      Math.max(own(observations.tallies, id)?.lastAtMs ?? 0, this.#leadsSinceMs);
    const ids = overdueProbes(world.probePlans, heardAtMs, this.#deps.clock.now());
    const changed = ids.join(' ') !== this.#overdue;
    this.#overdue = ids.join(' ');
    if (changed && ids.length > 0) this.#deps.log.warn({ ids }, 'checks are overdue');
    if (changed && ids.length === 0) this.#deps.log.info('checks are in time again');
    if (ids.length > 0) await this.#deps.schedules.probeNow(ids);
  }

  async #reconcile(): Promise<void> {
    try {
      await this.#deps.schedules.reconcile(this.#mind.world.probePlans);
      await this.#probeOverdue();
      this.#reconciledAtMs = performance.now();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'reconciling probe schedules failed');
    }
  }
}

function configEvent(former: LoadedConfig | undefined, now: LoadedConfig): ConfigEvent {
  const { groups, endpoints } = settingsOf(now.config);
  const changedIds = changedEndpoints(former, now);
  return { kind: 'config', groups, endpoints, changedIds, isStart: former === undefined };
}

type ConfigEvent = Extract<WorldEvent, { kind: 'config' }>;

interface TurnCommands {
  readonly forCore: readonly CoreCommand[];
  readonly audits: readonly AuditRecord[];
}

interface MadeTurn {
  readonly commands: TurnCommands;
  readonly view: LeaderView;
  readonly nowMs: EpochMs;
  readonly policy: Policy;
  readonly configHash: string;
}
