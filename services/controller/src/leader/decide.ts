/** The pure part of a turn: what was read becomes decisions and the view, without what breaks it. */
import type { OutcomeBatch, ProbeResult } from '@zephyr/core';
import type { ProxyPresence } from '@zephyr/runtime/redis/records';
import type { StreamEntry } from '@zephyr/runtime/redis/streams';
import { type LeaderView, type ViewInput, viewOf } from '../view/view.ts';
import { type Happened, type TurnResult, takeTurn } from './batch.ts';
import type { RecordKind } from './batch-health.ts';
import { type Heard, reportOf } from './inputs.ts';
import type { Mind } from './leader-state.ts';
import type { CoreCommand } from './operator-commands.ts';
import { sift } from './sift.ts';

export interface Reading extends Omit<ViewInput, 'mind'> {
  readonly heard: Heard;
  readonly commands: readonly CoreCommand[];
  /** Since the last tick; null in between. */
  readonly elapsedMs: number | null;
  readonly configEvent: Happened['config'];
}

export interface Decided {
  readonly turn: TurnResult;
  readonly view: LeaderView;
  readonly setAside: readonly {
    readonly kind: RecordKind;
    readonly id: string;
    readonly error: unknown;
  }[];
}

type Item =
  | { readonly kind: 'commands'; readonly id: string; readonly command: CoreCommand }
  | { readonly kind: 'probes'; readonly id: string; readonly entry: StreamEntry<ProbeResult> }
  | { readonly kind: 'outcomes'; readonly id: string; readonly entry: StreamEntry<OutcomeBatch> }
  | { readonly kind: 'presence'; readonly id: string; readonly presence: ProxyPresence };

/** @throws where no record is to blame. */
export function decide(mind: Mind, reading: Reading): Decided {
  const { result, setAside } = sift(itemsOf(reading), (items) => attempt(mind, reading, items));
  const failures = result.turn.failures.map(({ input, error }) => ({
    ...{ kind: 'event' as const, id: input.event.kind, error },
  }));
  return {
    ...result,
    setAside: [
      ...setAside.map(({ item, error }) => ({ kind: item.kind, id: item.id, error })),
      ...failures,
    ],
  };
}

function itemsOf({ heard, commands, presences }: Reading): readonly Item[] {
  return [
    ...commands.map((command) => ({ kind: 'commands' as const, id: command.id, command })),
    ...heard.probes.map((entry) => ({ kind: 'probes' as const, id: entry.id, entry })),
    ...heard.outcomes.map((entry) => ({ kind: 'outcomes' as const, id: entry.id, entry })),
    ...presences.map((presence) => ({
      ...{ kind: 'presence' as const, id: presence.proxyId, presence },
    })),
  ];
}

function attempt(
  mind: Mind,
  { heard, elapsedMs, configEvent, ...reading }: Reading,
  items: readonly Item[],
): Omit<Decided, 'setAside'> {
  const presences = items.flatMap((item) => (item.kind === 'presence' ? [item.presence] : []));
  const turn = takeTurn(
    mind,
    {
      heard: {
        ...heard,
        probes: items.flatMap((item) => (item.kind === 'probes' ? [item.entry] : [])),
        outcomes: items.flatMap((item) => (item.kind === 'outcomes' ? [item.entry] : [])),
      },
      commands: items.flatMap((item) => (item.kind === 'commands' ? [item.command] : [])),
      tick: elapsedMs === null ? null : { reports: presences.map(reportOf), elapsedMs },
      config: configEvent,
    },
    { nowMs: reading.nowMs, policy: reading.policy },
  );
  return { turn, view: viewOf({ ...reading, presences, mind: turn.mind }) };
}
