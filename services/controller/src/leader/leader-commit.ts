/** What follows from one turn, as records and stream entries. Pure. */
import { assertNever, type Effect, severityOf } from '@zephyr/core';
import type { ApiLogEntry } from '@zephyr/runtime/api';
import type { AuditRecord } from '@zephyr/runtime/redis/commands';
import type { CommitWrite } from '@zephyr/runtime/redis/commit';

import type { DeepReadonly } from '../view/deep-readonly.ts';

type WithoutId<Entry> = Entry extends unknown ? DeepReadonly<Omit<Entry, 'id'>> : never;

/** An entry of the event log before it has its id, which is its place in the stream. */
export type NewLogEntry = WithoutId<ApiLogEntry>;

export const logged = (entry: NewLogEntry): CommitWrite => ({ place: 'log', value: entry });

export function writesOf(effects: readonly Effect[], nowMs: number): readonly CommitWrite[] {
  return effects.flatMap((effect): readonly CommitWrite[] => {
    switch (effect.kind) {
      case 'record': {
        const { decision } = effect;
        return [
          { place: 'decisions', value: decision },
          logged({ kind: 'decision', atMs: nowMs, decision }),
        ];
      }
      case 'notice': {
        const { notice } = effect;
        return [logged({ kind: 'notice', atMs: nowMs, severity: severityOf(notice), notice })];
      }
      case 'store_wishes':
        return [{ place: 'operator', value: effect.wishes }];
      case 'publish':
      case 'set_probe':
      case 'probe_now':
      case 'answer':
        return [];
      default:
        return assertNever(effect);
    }
  });
}

export function auditWrites(audits: readonly AuditRecord[], nowMs: number): readonly CommitWrite[] {
  return audits.flatMap((audit) => {
    const { endpointId } = audit.body;
    const entry: NewLogEntry = {
      kind: 'command',
      atMs: nowMs,
      command: audit.name,
      actor: audit.actor,
      endpointId: typeof endpointId === 'string' ? endpointId : null,
      outcome: audit.outcome.status === 'answered' ? 'applied' : 'refused',
    };
    return [{ place: 'audit', value: audit }, logged(entry)];
  });
}
