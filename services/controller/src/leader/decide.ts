/**
 * The second step of a batch: feeds the input to the decision core, one event after another, and collects the
 * effects for one commit. Pure.
 */

import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { ProxyPresence } from '@zephyr/contract/route/presence';
import {
  assess,
  budgetWarnings,
  type Effect,
  type Input,
  reduce,
  type World,
  type WorldEvent,
} from '@zephyr/core';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';
import { type LeaderView, viewOf } from '../view/api-state.ts';
import type { Rollups } from '../view/rollup.ts';
import { withBatch } from '../view/statistics.ts';
import type { RecordKind } from './batch-health.ts';
import type { LeaderState, Progress } from './leader-state.ts';
import type { Reading } from './read.ts';
import { sift } from './sift-bad-records.ts';
import { reportOf } from './streams.ts';
import type { CoreCommand } from './translate-commands.ts';

/** A decided batch, not committed yet. */
export interface Batch {
  readonly reading: Reading;
  readonly before: World;
  /** Rollups before this batch. */
  readonly rollupsBefore: Rollups | null;
  readonly state: LeaderState;
  readonly effects: readonly Effect[];
  /** The inputs that the core processed, in order, for replay. */
  readonly inputs: readonly Input[];
  readonly view: LeaderView;
  /** Left out, because they would stop the leader forever. */
  readonly setAside: readonly {
    readonly kind: RecordKind;
    readonly id: string;
    readonly error: unknown;
  }[];
}

/** One record of the input that might break a batch. */
type Item =
  | { readonly kind: 'commands'; readonly id: string; readonly command: CoreCommand }
  | { readonly kind: 'probes'; readonly id: string; readonly entry: StreamEntry<ProbeResult> }
  | { readonly kind: 'outcomes'; readonly id: string; readonly entry: StreamEntry<OutcomeBatch> }
  | { readonly kind: 'presence'; readonly id: string; readonly presence: ProxyPresence };

type Before = Pick<Progress, 'state' | 'snapshot'>;

/** @throws if no single record is to blame. */
export function decide(before: Before, reading: Reading): Batch {
  const { result, setAside } = sift(itemsOf(reading), (items) =>
    decideWith(items, before, reading),
  );
  const { failures, ...decided } = result;
  return {
    reading,
    before: before.state.world,
    rollupsBefore: before.state.statistics.rollups,
    ...decided,
    setAside: [
      ...setAside.map(({ item, error }) => ({ kind: item.kind, id: item.id, error })),
      ...failures.map(({ input, error }) => ({
        ...{ kind: 'event' as const, id: input.event.kind, error },
      })),
    ],
  };
}

function itemsOf({ received, commands, presences }: Reading): readonly Item[] {
  return [
    ...commands.map((command) => ({ kind: 'commands' as const, id: command.id, command })),
    ...received.probes.map((entry) => ({ kind: 'probes' as const, id: entry.id, entry })),
    ...received.outcomes.map((entry) => ({ kind: 'outcomes' as const, id: entry.id, entry })),
    ...presences.map((presence) => ({
      ...{ kind: 'presence' as const, id: presence.proxyId, presence },
    })),
  ];
}

function decideWith(items: readonly Item[], { state, snapshot }: Before, reading: Reading) {
  const { epochMs, coreConfig, loaded, received, tick, nextProbes } = reading;
  const { policy } = coreConfig;
  const { world, effects, inputs, failures } = runCore(
    state.world,
    inputsOf(items, reading),
    policy,
  );
  const assessments = assess(world, epochMs, policy);
  const { warnings, notices } = budgetStep(state, reading);
  effects.push(...notices);
  const statistics = withBatch(
    state.statistics,
    {
      probes: items.flatMap((item) => (item.kind === 'probes' ? [item.entry.value] : [])),
      outcomes: items.flatMap((item) => (item.kind === 'outcomes' ? [item.entry.value] : [])),
      elapsedMs: tick?.elapsedMs ?? 0,
      ...{ effects, world },
      unavailableIds: assessments.flatMap(({ isAvailable, endpoint }) =>
        isAvailable ? [] : [endpoint.id],
      ),
      halfOpenIds: assessments.flatMap(({ ejection, endpoint }) =>
        ejection.status === 'half_open' ? [endpoint.id] : [],
      ),
    },
    epochMs,
  );
  const view = viewOf({
    ...{ world, assessments, statistics, policy, snapshot, epochMs, config: loaded.config },
    presences: presencesIn(items),
    nextProbeAtMs: nextProbes ?? new Map(),
  });
  return {
    ...{ effects, inputs, failures, view },
    state: { world, statistics, cursors: received.cursors, budgetWarnings: warnings },
  };
}

/** Budget warnings for people; unchanged if budgets were not read. */
function budgetStep({ budgetWarnings: before }: LeaderState, { budgets }: Reading) {
  if (budgets === undefined) return { warnings: before, notices: [] };
  const { warnings, notices } = budgetWarnings(budgets, before);
  return { warnings, notices: notices.map((notice): Effect => ({ kind: 'notice', notice })) };
}

/** Operators' wishes first, then measurements, then the passing of time. */
function inputsOf(items: readonly Item[], reading: Reading): readonly Input[] {
  const { configEvent, tick, epochMs } = reading;
  const reports = presencesIn(items).map(reportOf);
  const events: readonly WorldEvent[] = [
    ...(configEvent === null ? [] : [configEvent]),
    ...items.flatMap(eventsOf),
    ...(tick === null
      ? []
      : [...reports.map((report) => ({ kind: 'presence', report }) as const), TICK]),
  ];
  return events.map((event) => ({ atMs: epochMs, event }));
}

const TICK = { kind: 'tick' } as const;

function eventsOf(item: Item): readonly WorldEvent[] {
  switch (item.kind) {
    case 'commands':
      return [{ kind: 'command', commandId: item.id, command: item.command.command }];
    case 'probes':
      return [{ kind: 'probe', result: item.entry.value }];
    case 'outcomes':
      return [{ kind: 'outcomes', batch: item.entry.value }];
    case 'presence':
      return [];
  }
}

function presencesIn(items: readonly Item[]): readonly ProxyPresence[] {
  return items.flatMap((item) => (item.kind === 'presence' ? [item.presence] : []));
}

/** Leaves out an event that the core cannot process, also from the recording: a replay would fail on it. */
function runCore(before: World, given: readonly Input[], policy: Reading['coreConfig']['policy']) {
  let world = before;
  const effects: Effect[] = [];
  const inputs: Input[] = [];
  const failures: { readonly input: Input; readonly error: unknown }[] = [];
  for (const input of given) {
    try {
      const step = reduce(world, input, policy);
      world = step.next;
      effects.push(...step.effects);
      inputs.push(input);
    } catch (error) {
      failures.push({ input, error });
    }
  }
  return { world, effects, inputs, failures };
}
