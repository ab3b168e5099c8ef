/** What blocks a latency switch, other than the latencies. */
import type { Flapping, World } from '../world/world.ts';

/** What an operator has decided: to pin an endpoint, or to pause the automation. */
export type OperatorVeto = 'none' | 'manual' | 'paused';

/** `overload`: the model is overloaded on most endpoints; moving would only waste prompt caches. */
export type Freeze = Flapping | { readonly status: 'overload' };

const OVERLOAD: Freeze = { status: 'overload' };

export function operatorVetoOf({ wishes }: Pick<World, 'wishes'>): OperatorVeto {
  if (wishes.mode.kind === 'manual') return 'manual';
  return wishes.automation === 'paused' ? 'paused' : 'none';
}

/**
 * Why no latency switch is planned, apart from an operator's wishes: an overload before flapping, because
 * it is the cause that operators can see. They are kept apart in `World`: either may end while the other lasts.
 */
export function freezeOf({
  switching,
  isOverloadedEverywhere,
}: Pick<World, 'switching' | 'isOverloadedEverywhere'>): Freeze {
  return isOverloadedEverywhere ? OVERLOAD : switching.flapping;
}
