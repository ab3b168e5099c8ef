/** Translates between operators' commands and those of the decision core. */

import { isEditName } from '@zephyr/contract/operate/config-edit';
import {
  type AuditRecord,
  type CommandRecord,
  type OperatorCommand,
  recordedBody,
} from '@zephyr/contract/operate/operator-command';
import type { ProblemCode } from '@zephyr/contract/operate/problem';
import type { Mode } from '@zephyr/contract/route/selection';
import type { EpochMs } from '@zephyr/contract/scalars';
import type { CommandOutcome, Effect } from '@zephyr/core';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { COMMAND_LIFE_MS } from '@zephyr/runtime/redis/command-stream';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';

/** `reload` and edits are not for the core: the leader reads its files and passes changes on. */
type LeaderCommand = OperatorCommand | { readonly kind: 'reload' };

/** Undefined for a command that the admin API would not have accepted: no reason to stop. */
function parsedCommand({ name, body }: CommandRecord): LeaderCommand | undefined {
  const parsed = recordedBody(name).safeParse(body);
  if (!parsed.success) return undefined;
  if (isEditName(name)) return { kind: 'reload' };
  return { kind: name, ...(parsed.data as object) } as LeaderCommand;
}

/** A command that is waiting for its answer. */
export interface OpenCommand {
  readonly id: string;
  readonly record: CommandRecord;
}

export interface CoreCommand extends OpenCommand {
  readonly command: OperatorCommand;
}

export interface SortedCommands {
  readonly forCore: readonly CoreCommand[];
  readonly reloads: readonly OpenCommand[];
  readonly refused: readonly AuditRecord[];
}

/**
 * Refuses a command that is read too late, because its caller has already timed out.
 * @param isPerson whether a name is that of a person or team
 */
export function sortCommands(
  entries: readonly StreamEntry<CommandRecord>[],
  epochMs: EpochMs,
  isPerson: (name: string) => boolean,
): SortedCommands {
  const forCore: CoreCommand[] = [];
  const reloads: OpenCommand[] = [];
  const late: AuditRecord[] = [];
  for (const { id, atMs, value: record } of entries) {
    if (epochMs - atMs > COMMAND_LIFE_MS) {
      late.push(refused({ id, record }, 'timeout', 'no controller was leading when it was sent'));
      continue;
    }
    const command = parsedCommand(record);
    if (command === undefined) {
      late.push(refused({ id, record }, 'invalid_body', `${record.name}: not a body of it`));
      continue;
    }
    if (command.kind === 'grant' && !isPerson(command.name)) {
      const detail = `no client and no team is named ${JSON.stringify(command.name)}`;
      late.push(refused({ id, record }, 'unknown_person', detail));
      continue;
    }
    if (command.kind === 'reload') reloads.push({ id, record });
    else forCore.push({ id, record, command });
  }
  return { forCore, reloads, refused: late };
}

/** The audit records of the core's answers. */
export function auditsOf(
  effects: readonly Effect[],
  open: readonly OpenCommand[],
  epochMs: EpochMs,
): readonly AuditRecord[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'answer') return [];
    const command = open.find(({ id }) => id === effect.commandId);
    return command === undefined ? [] : [answered(command, effect.outcome, epochMs)];
  });
}

function answered({ id, record }: OpenCommand, outcome: CommandOutcome, atMs: number): AuditRecord {
  if (outcome.status === 'refused') {
    return refused({ id, record }, outcome.why, `${record.name} was refused: ${outcome.why}`);
  }
  const { status, previousMode, affected } = outcome;
  const answer = { command: record.name, outcome: status, atMs, previousMode, affected };
  return { commandId: id, ...record, outcome: { status: 'answered', answer } };
}

function refused({ id, record }: OpenCommand, code: ProblemCode, detail: string): AuditRecord {
  return { commandId: id, ...record, outcome: { status: 'refused', code, detail } };
}

/** The answer to a command that reloads the configuration. */
export function reloadAudit(
  command: OpenCommand,
  done: {
    readonly change: ReturnType<ConfigSource['reload']>;
    readonly mode: Mode;
    readonly epochMs: EpochMs;
  },
): AuditRecord {
  const { change, mode, epochMs } = done;
  if (change.status === 'rejected') {
    return refused(command, 'config_invalid', change.problems.join('\n'));
  }
  const affected = change.loaded.config.endpoints.length;
  return answered(command, { status: 'applied', previousMode: mode, affected }, epochMs);
}
