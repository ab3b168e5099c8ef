/**
 * The work of a leader, from taking the lease to losing it: hear, decide, commit, then do what
 * follows outside of Redis' records. One turn after another; a turn that cannot be committed
 * never happened.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Effect, RoutingSnapshot, SnapshotContent } from '@zephyr/core';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { type Commit, writeCommit } from '@zephyr/runtime/redis/commit';
import type { Redis } from 'ioredis';

import { auditsOf, reloadAudit, sortCommands } from './commands.ts';
import { type Heard, hear, readPresences } from './inputs.ts';
import { auditWrites, logged, type NewLogEntry, type Write, writesOf } from './leader-commit.ts';
import type { Term } from './leadership.ts';
import type { Metrics } from './metrics.ts';
import { checkpointOf, type Mind, recall } from './mind.ts';
import type { RedisClock } from './redis-clock.ts';
import { isOutOfStep, openSchedules, type Schedules } from './schedules.ts';
import { settingsOf } from './settings.ts';
import { type Happened, type TurnResult, takeTurn } from './turn.ts';
import { type LeaderView, viewOf } from './view.ts';

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
  /** Told after each committed turn. */
  readonly committed: (turn: CommittedTurn) => void;
}

export interface CommittedTurn {
  readonly mind: Mind;
  readonly effects: readonly Effect[];
  readonly view: LeaderView;
  /** Of the newest snapshot. */
  readonly snapshotVersion: number;
}

/** Leads until the signal aborts. @throws when it cannot go on as the leader. */
export async function leadTerm(term: Term, deps: TermDeps): Promise<void> {
  const schedules = openSchedules(deps.target, deps.log);
  // Waiting for the streams must not hold up the lease and the commits.
  const waiting = createRedis(deps.target, deps.log, 'command');
  try {
    await once(waiting, 'ready', { signal: term.signal });
    const { mind, snapshot } = await recall({
      redis: deps.redis,
      config: deps.configSource.current().config,
      log: deps.log,
      nowMs: () => deps.clock.now(),
      remembered: deps.remembered,
    });
    const leader = new Leader({ ...deps, term, schedules, waiting }, { mind, snapshot });
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
  #mind: Mind;
  #snapshot: RoutingSnapshot | undefined;
  /** What the mind was last told of; another object means a changed configuration. */
  #config: unknown;
  #tickedAtMs = performance.now();
  #reconciledAtMs = Number.NEGATIVE_INFINITY;
  #isTroubled = false;

  constructor(deps: LeaderDeps, start: { mind: Mind; snapshot: RoutingSnapshot | undefined }) {
    this.#deps = deps;
    this.#mind = start.mind;
    this.#snapshot = start.snapshot;
  }

  async run(): Promise<void> {
    const { signal } = this.#deps.term;
    while (!signal.aborted) {
      try {
        // The first turn waits for nothing: whoever waits for a leader waits no longer.
        const waitMs = this.#isTick() ? 1 : this.#tickedAtMs + TICK_MS - performance.now();
        const heard = await this.#hear(waitMs);
        if (this.#isDue(heard)) await this.#turn(heard);
        if (performance.now() - this.#reconciledAtMs > RECONCILE_MS) await this.#reconcile();
        this.#isTroubled = false;
      } catch (error) {
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

  #hear(waitMs: number): Promise<Heard> {
    return hear(this.#deps.waiting, { cursors: this.#mind.cursors, waitMs }, this.#deps.log);
  }

  #isDue({ commands, probes, outcomes }: Heard): boolean {
    const isSilent = commands.length + probes.length + outcomes.length === 0;
    return !isSilent || this.#isTick() || this.#config !== this.#deps.configSource.current().config;
  }

  #isTick(): boolean {
    return this.#config === undefined || performance.now() - this.#tickedAtMs >= TICK_MS;
  }

  async #turn(heard: Heard): Promise<void> {
    const { clock, configSource, log, redis, schedules } = this.#deps;
    const nowMs = clock.now();
    const commands = sortCommands(heard.commands, nowMs);
    const reloads = commands.reloads.map((command) =>
      reloadAudit(command, {
        change: configSource.reload(),
        mode: this.#mind.world.wishes.mode,
        nowMs,
      }),
    );
    const { config } = configSource.current();
    const { groups, endpoints, policy } = settingsOf(config);
    const startedAtMs = performance.now();
    const isTick = this.#isTick();
    const [presences, nextProbes] = await Promise.all([
      readPresences(redis, log),
      schedules.nextAtMs(),
    ]);
    const happened: Happened = {
      heard,
      commands: commands.forCore,
      tick: isTick ? { presences, elapsedMs: startedAtMs - this.#tickedAtMs } : null,
      config: this.#config === config ? null : { kind: 'config', groups, endpoints },
    };
    const before = this.#mind.world;
    const turn = takeTurn(this.#mind, happened, { nowMs, policy });
    for (const { input, error } of turn.failures) {
      log.error({ err: error, event: input.event.kind }, 'an event was left out');
    }
    const view = viewOf({
      ...{ mind: turn.mind, config, policy, presences, nowMs, snapshot: this.#snapshot },
      nextProbeAtMs: nextProbes ?? new Map(),
    });
    const audits = [
      ...commands.refused,
      ...reloads,
      ...auditsOf(turn.effects, commands.forCore, nowMs),
    ];
    await this.#commit(turn, [
      ...this.#notes(nowMs).map(logged),
      ...writesOf(turn.effects, nowMs),
      ...auditWrites(audits, nowMs),
      { place: 'view', value: view },
    ]);
    this.#deps.committed({
      ...{ mind: turn.mind, effects: turn.effects, view },
      snapshotVersion: this.#snapshot?.version ?? 0,
    });
    if (isTick) this.#tickedAtMs = startedAtMs;
    this.#config = config;
    await this.#perform(turn.effects);
    if (nextProbes !== undefined && isOutOfStep(before.probePlans, nextProbes)) {
      this.#reconciledAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  #notes(atMs: number): readonly NewLogEntry[] {
    const notes = this.#deps.takeNotes();
    const { instanceId, term } = this.#deps;
    if (this.#snapshot?.epoch === term.epoch) return notes;
    return [{ kind: 'leader', atMs, instanceId, epoch: term.epoch }, ...notes];
  }

  /** Writes the turn; tries again while its fate is unknown and we still lead. */
  async #commit(turn: TurnResult, writes: readonly Write[]): Promise<void> {
    const { term, redis, instanceId, metrics } = this.#deps;
    const snapshot = this.#nextSnapshot(turn);
    const commit: Commit = {
      id: randomUUID(),
      snapshot,
      writes: [
        ...writes,
        { place: 'world', value: checkpointOf(turn.mind) },
        ...(turn.inputs.length === 0 ? [] : [{ place: 'inputs' as const, value: turn.inputs }]),
      ],
    };
    const leader = {
      id: instanceId,
      epoch: term.epoch,
      knownVersion: this.#snapshot?.version ?? 0,
    };
    while (!term.signal.aborted) {
      const end = metrics.commitSeconds.startTimer();
      const answer = await writeCommit(redis, leader, commit).catch(() => undefined);
      end();
      if (answer?.status !== 'committed') metrics.commitFailures.inc();
      if (answer?.status === 'committed') {
        this.#mind = turn.mind;
        this.#snapshot = snapshot ?? this.#snapshot;
        return;
      }
      if (answer !== undefined) {
        throw new ZephyrError('FENCED', `committing a decision: ${JSON.stringify(answer)}`);
      }
      await sleep(RETRY_MS, undefined, { signal: term.signal }).catch(() => undefined);
    }
    throw new ZephyrError('FENCED', 'committing a decision: not leading any more');
  }

  /** A snapshot to publish, if what proxies route by, or who vouches for it, has changed. */
  #nextSnapshot({ effects, mind }: TurnResult): RoutingSnapshot | undefined {
    const { term, clock, configSource } = this.#deps;
    const { hash: configHash } = configSource.current().config;
    const published = mind.world.published;
    const changed = effects.findLast((effect) => effect.kind === 'publish')?.content;
    const isVouchedFor =
      this.#snapshot?.epoch === term.epoch && this.#snapshot.configHash === configHash;
    const content: SnapshotContent | undefined =
      changed ??
      (!isVouchedFor && published.status === 'published' ? published.content : undefined);
    if (content === undefined) return undefined;
    return {
      ...content,
      incarnation: term.incarnation,
      epoch: term.epoch,
      version: (this.#snapshot?.version ?? 0) + 1,
      configHash,
      publishedAtMs: clock.now(),
    };
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

  async #reconcile(): Promise<void> {
    try {
      await this.#deps.schedules.reconcile(this.#mind.world.probePlans);
      this.#reconciledAtMs = performance.now();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'reconciling probe schedules failed');
    }
  }
}
