/** Writes what a leader decided, as the leader of one epoch and on top of one snapshot. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EpochMs, RoutingSnapshot, SnapshotContent } from '@zephyr/core';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import {
  type Commit,
  type CommitAnswer,
  type CommitWrite,
  writeCommit,
} from '@zephyr/runtime/redis/commit';
import { LAST_VERSION } from '@zephyr/runtime/redis/records';
import type { Redis } from 'ioredis';
import type { Metrics } from '../metrics.ts';
import type { TurnResult } from './batch.ts';
import { checkpointOf } from './leader-state.ts';
import type { Term } from './leadership.ts';

/** Between two tries of a commit whose fate is unknown. */
const RETRY_MS = 200;

export interface CommitterDeps {
  readonly term: Term;
  readonly redis: Redis;
  readonly instanceId: string;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'commitSeconds' | 'commitFailures'>;
}

/** What a turn is committed with. */
export interface Attachment {
  readonly writes: readonly CommitWrite[];
  readonly configHash: string;
  readonly nowMs: EpochMs;
}

export class Committer {
  readonly #deps: CommitterDeps;
  #snapshot: RoutingSnapshot | undefined;

  constructor(deps: CommitterDeps, snapshot: RoutingSnapshot | undefined) {
    this.#deps = deps;
    this.#snapshot = snapshot;
  }

  /** The newest snapshot, of this leader or of the one before. */
  get snapshot(): RoutingSnapshot | undefined {
    return this.#snapshot;
  }

  /**
   * Returns when the turn is written.
   * @throws ZephyrError `FENCED` when we may not write any more: the turn never happened.
   */
  async commit(turn: TurnResult, attachment: Attachment): Promise<void> {
    const snapshot = this.#nextSnapshot(turn, attachment);
    const commit: Commit = {
      id: randomUUID(),
      snapshot,
      writes: [...attachment.writes, { place: 'world', value: checkpointOf(turn.mind) }],
    };
    const answer = await this.#write(commit);
    if (answer.status !== 'committed') {
      throw new ZephyrError('FENCED', `committing a decision: ${JSON.stringify(answer)}`);
    }
    this.#snapshot = snapshot ?? this.#snapshot;
  }

  /** Tries again while the fate of the commit is unknown and we still lead: a repeat is harmless. */
  async #write(commit: Commit): Promise<CommitAnswer> {
    const { term, redis, instanceId, log, metrics } = this.#deps;
    let knownVersion = this.#snapshot?.version ?? 0;
    let tries = 0;
    while (!term.signal.aborted) {
      const end = metrics.commitSeconds.startTimer();
      try {
        const leader = { id: instanceId, epoch: term.epoch, knownVersion };
        const answer = await writeCommit(redis, leader, commit);
        const isUnreadable = this.#snapshot === undefined && answer.status === 'conflict';
        if (!isUnreadable || answer.foundVersion === knownVersion) return answer;
        // A record that we cannot read must not stop us for ever: we lead, so it is replaced.
        knownVersion = answer.foundVersion;
        continue;
      } catch (error) {
        if (tries === 0) log.error({ reason: messageOf(error) }, 'redis does not take a commit');
        tries += 1;
        metrics.commitFailures.inc();
      } finally {
        end();
      }
      await sleep(RETRY_MS, undefined, { signal: term.signal }).catch(() => undefined);
    }
    throw new ZephyrError('FENCED', 'committing a decision: not leading any more');
  }

  /** A snapshot to publish, if what proxies route by, or who vouches for it, has changed. */
  #nextSnapshot(
    { effects, mind }: TurnResult,
    { configHash, nowMs }: Attachment,
  ): RoutingSnapshot | undefined {
    const { epoch, incarnation } = this.#deps.term;
    const { published } = mind.world;
    const changed = effects.findLast((effect) => effect.kind === 'publish')?.content;
    const isVouchedFor =
      this.#snapshot?.epoch === epoch && this.#snapshot.configHash === configHash;
    const content: SnapshotContent | undefined =
      changed ??
      (!isVouchedFor && published.status === 'published' ? published.content : undefined);
    if (content === undefined) return undefined;
    return {
      ...{ ...content, incarnation, epoch, configHash, publishedAtMs: nowMs },
      version: nextVersion(this.#snapshot, epoch),
    };
  }
}

/**
 * Versions go on over epochs, so that people see one number rise; at their end they begin again with the
 * next epoch, which comes before the version in a proxy's comparison.
 * @throws ZephyrError `FENCED` when a new epoch is needed for that.
 */
function nextVersion(former: RoutingSnapshot | undefined, epoch: number): number {
  const version = (former?.version ?? 0) + 1;
  if (version <= LAST_VERSION) return version;
  if (former?.epoch !== epoch) return 1;
  throw new ZephyrError('FENCED', 'publishing a snapshot: no version is left in this epoch');
}
