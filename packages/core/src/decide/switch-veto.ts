/** What blocks a latency switch, other than the latencies. */
import type { Freeze, World } from './world.ts';

/** What an operator has decided: to pin an endpoint, or to pause the automation. */
export type OperatorVeto = 'none' | 'manual' | 'paused';

/** `overloaded`: the model is overloaded on most endpoints; moving would only waste prompt caches. */
export type SwitchVeto = OperatorVeto | 'overloaded';

const OVERLOAD = { status: 'overload' } as const;

export function operatorVetoOf({ wishes }: Pick<World, 'wishes'>): OperatorVeto {
  if (wishes.mode.kind === 'manual') return 'manual';
  return wishes.paused ? 'paused' : 'none';
}

/** The first veto that applies. It also cancels a pending latency switch. */
export function switchVetoOf(world: Pick<World, 'wishes' | 'isOverloadedEverywhere'>): SwitchVeto {
  const ofOperator = operatorVetoOf(world);
  return ofOperator === 'none' && world.isOverloadedEverywhere ? 'overloaded' : ofOperator;
}

/**
 * Why no latency switch is planned, apart from an operator's wishes: an overload before flapping, because
 * it is the cause that operators can see. They are kept apart in `World`: either may end while the other lasts.
 */
export function freezeOf({
  switching,
  isOverloadedEverywhere,
}: Pick<World, 'switching' | 'isOverloadedEverywhere'>): Freeze | { readonly status: 'overload' } {
  return isOverloadedEverywhere ? OVERLOAD : switching.freeze;
}
