/**
 * The third step of a batch: all its results are written in one step, as the leader of one epoch and on top
 * of one snapshot, or not at all.
 */
import { randomUUID } from 'node:crypto';
import { severityOf } from '@zephyr/contract/decide/notice';
import { isEditName } from '@zephyr/contract/operate/config-edit';
import type { AuditRecord, OperatorWishes } from '@zephyr/contract/operate/operator-command';
import type { RoutingSnapshot, SnapshotContent } from '@zephyr/contract/route/snapshot';
import { LAST_VERSION } from '@zephyr/contract/scalars';
import { assertNever, type Effect } from '@zephyr/core';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import {
  type Commit,
  type CommitAnswer,
  type CommitWrite,
  type ExpiringWrite,
  writeCommit,
} from '@zephyr/runtime/redis/leader-records';
import { rollupRecord } from '@zephyr/runtime/redis/rollup-store';
import type { Redis } from 'ioredis';

import { dueRollups } from '../view/rollup.ts';
import type { Batch } from './decide.ts';
import type { NewLogEntry, Notes } from './event-notes.ts';
import type { Term } from './leader-election.ts';
import { checkpointOf } from './leader-state.ts';
import { RETRY_INTERVAL_MS } from './loop.ts';
import type { Recorder } from './recorder.ts';
import { auditsOf } from './translate-commands.ts';

export interface CommitDeps {
  readonly term: Term;
  readonly redis: Redis;
  /** For pauses. */
  readonly clock: Clock;
  readonly notes: Notes;
  readonly recorder: Pick<Recorder, 'next'>;
  readonly log: Logger;
  readonly report: CommitReport;
}

/** Receives the result of each attempt to commit. */
export interface CommitReport {
  /** @returns a function to call when the attempt has ended */
  readonly began: () => () => void;
  readonly accepted: () => void;
  /** `unanswered`: it may have been committed. */
  readonly failed: (why: 'refused' | 'unanswered') => void;
}

type NewestSnapshot = RoutingSnapshot | undefined;

/**
 * Returns the newest snapshot once the whole batch is written.
 * @param former The newest snapshot so far, of this leader or its predecessor.
 * @throws ZephyrError `FENCED` if this leader may no longer write: nothing was written.
 */
export async function commit(
  batch: Batch,
  former: NewestSnapshot,
  deps: CommitDeps,
): Promise<NewestSnapshot> {
  const { term, notes, recorder } = deps;
  const { leaderId: instanceId, epoch } = term;
  const { epochMs: atMs } = batch.reading;
  const snapshot = nextSnapshot(batch, former, term);
  const pending = notes.pending();
  const isFirst = former?.epoch !== epoch;
  const writes: readonly CommitWrite[] = [
    ...(isFirst ? [logged({ kind: 'leader', atMs, instanceId, epoch })] : []),
    // An emptied Redis has lost them.
    ...(isFirst ? wishesWrites(batch.state.world.wishes) : []),
    ...pending.map(logged),
    ...batch.effects.flatMap((effect) => effectWrites(effect, atMs)),
    ...auditsIn(batch).flatMap((audit) => auditWrites(audit, atMs)),
    recordingWrite(batch, recorder),
    { place: 'view', value: batch.view },
    { place: 'world', value: checkpointOf(batch.state) },
  ];
  const expiring = rollupWrites(batch);
  const answer = await write({ id: randomUUID(), snapshot, writes, expiring }, former, deps);
  if (answer.status !== 'committed') {
    throw new ZephyrError('FENCED', `committing a batch: ${JSON.stringify(answer)}`);
  }
  notes.remove(pending);
  return snapshot ?? former;
}

/** Retries while the outcome of the commit is unknown and we still lead: repeating it is harmless. */
async function write(
  commit: Commit,
  former: NewestSnapshot,
  deps: CommitDeps,
): Promise<CommitAnswer> {
  const { term, redis, log, report } = deps;
  let knownVersion = former?.version ?? 0;
  let failures = 0;
  while (!term.signal.aborted) {
    const ended = report.began();
    try {
      const leader = { id: term.leaderId, epoch: term.epoch, knownVersion };
      const answer = await writeCommit(redis, leader, commit);
      report.accepted();
      const isUnreadable = former === undefined && answer.status === 'conflict';
      if (!isUnreadable || answer.foundVersion === knownVersion) return answer;
      // An unreadable record must not stop us forever: we lead, so we replace it.
      knownVersion = answer.foundVersion;
      continue;
    } catch (error) {
      if (failures === 0) log.error({ reason: messageOf(error) }, 'redis does not accept a commit');
      failures += 1;
      report.failed(failureOf(error));
    } finally {
      ended();
    }
    await pause(deps.clock, RETRY_INTERVAL_MS, term.signal);
  }
  throw new ZephyrError('FENCED', 'committing a batch: no longer leading');
}

/** Without an answer, the connection reports Redis as away. */
function failureOf(error: unknown): 'refused' | 'unanswered' {
  return error instanceof Error && error.name === 'ReplyError' ? 'refused' : 'unanswered';
}

/** Returns a snapshot to publish if the routing data, or the leader that vouches for it, has changed. */
function nextSnapshot(
  { effects, state, reading }: Batch,
  former: NewestSnapshot,
  { epoch, incarnation }: Term,
): RoutingSnapshot | undefined {
  const { epochMs, loaded } = reading;
  const { published } = state.world;
  const configHash = loaded.config.hash;
  const changed = effects.findLast((effect) => effect.kind === 'publish')?.content;
  const isVouchedFor = former?.epoch === epoch && former.configHash === configHash;
  const content: SnapshotContent | undefined =
    changed ?? (!isVouchedFor && published.status === 'published' ? published.content : undefined);
  if (content === undefined) return undefined;
  return {
    ...{ ...content, incarnation, epoch, configHash, publishedAtMs: epochMs },
    version: nextVersion(former, epoch),
    decision: state.world.decisions,
  };
}

/**
 * Versions keep counting across epochs, so that people see one rising number. When they run out they restart
 * with the next epoch, which proxies compare before the version.
 * @throws ZephyrError `FENCED` when a new epoch is needed for that.
 */
function nextVersion(former: NewestSnapshot, epoch: number): number {
  const version = (former?.version ?? 0) + 1;
  if (version <= LAST_VERSION) return version;
  if (former?.epoch !== epoch) return 1;
  throw new ZephyrError('FENCED', 'publishing a snapshot: no version is left in this epoch');
}

function rollupWrites({ rollupsBefore, state }: Batch): readonly ExpiringWrite[] {
  const { rollups } = state.statistics;
  if (rollups === null) return [];
  const { hours, days } = dueRollups(rollupsBefore, rollups);
  return [
    ...hours.map((hour) => rollupRecord('hour', hour)),
    ...days.map((day) => rollupRecord('day', day)),
  ];
}

const logged = (entry: NewLogEntry): CommitWrite => ({ place: 'log', value: entry });

function effectWrites(effect: Effect, atMs: number): readonly CommitWrite[] {
  switch (effect.kind) {
    case 'record': {
      const { decision } = effect;
      return [
        { place: 'decisions', value: decision },
        logged({ kind: 'decision', atMs, decision }),
      ];
    }
    case 'notice': {
      const { notice } = effect;
      return [logged({ kind: 'notice', atMs, severity: severityOf(notice), notice })];
    }
    case 'store_wishes':
      return wishesWrites(effect.wishes);
    case 'publish':
    case 'set_probe':
    case 'probe_now':
    case 'answer':
      return [];
    default:
      return assertNever(effect);
  }
}

function wishesWrites(wishes: OperatorWishes): readonly CommitWrite[] {
  return [
    { place: 'operator', value: wishes },
    // Proxies read them.
    { place: 'grants', value: wishes.grants },
  ];
}

function auditsIn({ reading, effects }: Batch): readonly AuditRecord[] {
  return [...reading.audits, ...auditsOf(effects, reading.commands, reading.epochMs)];
}

function auditWrites(audit: AuditRecord, atMs: number): readonly CommitWrite[] {
  const { endpointId } = audit.body;
  const entry: NewLogEntry = {
    kind: 'command',
    atMs,
    command: audit.name,
    actor: audit.actor,
    endpointId: typeof endpointId === 'string' ? endpointId : null,
    subject: subjectOf(audit),
    outcome: audit.outcome.status === 'answered' ? 'applied' : 'refused',
  };
  return [{ place: 'audit', value: audit }, logged(entry)];
}

/** The subject, for commands about a person or an endpoint of the configuration file. */
function subjectOf({ name: command, body: { name, usd } }: AuditRecord): string | null {
  if (typeof name !== 'string') return null;
  if (command === 'grant') return `${name}: $${String(usd)}`;
  return isEditName(command) ? name : null;
}

function recordingWrite(
  { before, reading, inputs, effects }: Batch,
  recorder: CommitDeps['recorder'],
): CommitWrite {
  const decisions = effects.flatMap((effect) =>
    effect.kind === 'record' ? [effect.decision] : [],
  );
  const { entry, maxLength } = recorder.next({
    ...{ before, inputs, decisions },
    policy: reading.coreConfig.policy,
  });
  return { place: 'inputs', value: entry, maxLength };
}
