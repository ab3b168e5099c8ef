/** What keeps endpoints from being changed for their latency, apart from the latencies themselves. */
import type { Freeze, World } from './world.ts';

/** What people have decided: they selected an endpoint, or paused the automation. */
export type PeoplesVeto = 'none' | 'manual' | 'paused';

/** `overloaded`: the model is, on most endpoints, so that moving would cost prompt caches for nothing. */
export type SwitchVeto = PeoplesVeto | 'overloaded';

const OVERLOAD = { status: 'overload' } as const;

export function peoplesVetoOf({ wishes }: Pick<World, 'wishes'>): PeoplesVeto {
  if (wishes.mode.kind === 'manual') return 'manual';
  return wishes.paused ? 'paused' : 'none';
}

/** Forbids a latency switch, also one that waits already. The first that applies. */
export function switchVetoOf(world: Pick<World, 'wishes' | 'isOverloadedEverywhere'>): SwitchVeto {
  const peoples = peoplesVetoOf(world);
  return peoples === 'none' && world.isOverloadedEverywhere ? 'overloaded' : peoples;
}

/**
 * Why no latency switch is planned, apart from people's wishes: an overload before flapping, because it is the
 * cause that people can see. They are kept apart in `World`: either may end while the other lasts.
 */
export function freezeOf({
  switching,
  isOverloadedEverywhere,
}: Pick<World, 'switching' | 'isOverloadedEverywhere'>): Freeze | { readonly status: 'overload' } {
  return isOverloadedEverywhere ? OVERLOAD : switching.freeze;
}
