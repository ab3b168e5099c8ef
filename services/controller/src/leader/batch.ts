/**
 * One turn of the leader: everything that was heard goes through the decision core, one event
 * after another, and what follows is gathered to be committed at once. Pure.
 */
import {
  type Effect,
  type EpochMs,
  type Input,
  type Policy,
  type PresenceReport,
  reduce,
  type WorldEvent,
} from '@zephyr/core';
import { observe } from '../view/observations.ts';
import type { Heard } from './inputs.ts';
import type { Mind } from './leader-state.ts';
import type { CoreCommand } from './operator-commands.ts';

/** What happened since the last turn. */
export interface Happened {
  readonly heard: Heard;
  /** Of the commands that were heard, those for the core. */
  readonly commands: readonly CoreCommand[];
  /** Present when a second has passed. */
  readonly tick: {
    readonly reports: readonly PresenceReport[];
    readonly elapsedMs: number;
  } | null;
  /** Present when the configuration has changed, and when a term begins. */
  readonly config: Extract<WorldEvent, { kind: 'config' }> | null;
}

export interface TurnResult {
  readonly mind: Mind;
  readonly effects: readonly Effect[];
  /** What the core took, in order, for replay. */
  readonly inputs: readonly Input[];
  /** Events that the core could not take. They are left out, or they would stop us for ever. */
  readonly failures: readonly { readonly input: Input; readonly error: unknown }[];
}

export function takeTurn(
  mind: Mind,
  happened: Happened,
  settings: { readonly nowMs: EpochMs; readonly policy: Policy },
): TurnResult {
  const inputs = inputsOf(happened, settings.nowMs);
  let { world } = mind;
  const effects: Effect[] = [];
  const failures: { input: Input; error: unknown }[] = [];
  for (const input of inputs) {
    try {
      const step = reduce(world, input, settings.policy);
      world = step.next;
      effects.push(...step.effects);
    } catch (error) {
      failures.push({ input, error });
    }
  }
  const { heard, tick } = happened;
  const observations = observe(
    mind.observations,
    {
      probes: heard.probes.map(({ value }) => value),
      outcomes: heard.outcomes.map(({ value }) => value),
      effects,
      elapsedMs: tick?.elapsedMs ?? 0,
      world,
    },
    settings.nowMs,
  );
  return {
    mind: { world, observations, cursors: heard.cursors },
    effects,
    // A replay would fail at those that the core could not take.
    inputs: inputs.filter((input) => !failures.some((failure) => failure.input === input)),
    failures,
  };
}

/** People's wishes first; then what was measured; last the passing of time. */
function inputsOf({ heard, commands, tick, config }: Happened, nowMs: EpochMs): readonly Input[] {
  const events: WorldEvent[] = [];
  if (config !== null) events.push(config);
  for (const { id, command } of commands) {
    events.push({ kind: 'command', commandId: id, command });
  }
  for (const { value } of heard.probes) events.push({ kind: 'probe', result: value });
  for (const { value } of heard.outcomes) events.push({ kind: 'outcomes', batch: value });
  if (tick !== null) {
    for (const report of tick.reports) events.push({ kind: 'presence', report });
    events.push({ kind: 'tick' });
  }
  return events.map((event) => ({ atMs: nowMs, event }));
}
