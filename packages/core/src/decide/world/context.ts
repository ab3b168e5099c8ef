import type { EpochMs } from '@zephyr/contract/scalars';

import type { Effect } from './inputs.ts';
import type { World } from './world.ts';

/**
 * Shared by all steps of one call of `reduce`. Each declares the tables of the policy that it uses, so that
 * the policy can be composed of the rules' own numbers.
 */
export interface Context<Tables = unknown> {
  readonly epochMs: EpochMs;
  readonly policy: Tables;
  /** The kind of the event, for decision records. */
  readonly trigger: string;
}

export interface Step {
  readonly next: World;
  readonly effects: readonly Effect[];
}

export const stay = (world: World): Step => ({ next: world, effects: [] });

/** Runs steps one after another; each gets the world that the previous one returned. */
export function inSequence(world: World, ...steps: readonly ((world: World) => Step)[]): Step {
  let next = world;
  const effects: Effect[] = [];
  for (const step of steps) {
    const made = step(next);
    next = made.next;
    effects.push(...made.effects);
  }
  return { next, effects };
}
