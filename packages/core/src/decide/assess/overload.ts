import { isOverloadedEverywhere, type OverloadPolicy } from '../../learn/overload-everywhere.ts';
import { type Context, type Step, stay } from '../world/context.ts';
import type { World } from '../world/world.ts';

/** Updates whether the model is overloaded everywhere. */
export function stepOverload(
  world: World,
  { epochMs, policy }: Context<{ readonly overload: OverloadPolicy }>,
): Step {
  const records = world.endpoints.map(({ overload }) => overload);
  const isOverloaded = isOverloadedEverywhere(records, epochMs, policy.overload);
  if (isOverloaded === world.isOverloadedEverywhere) return stay(world);
  const code = isOverloaded ? 'overload_began' : 'overload_ended';
  return {
    next: { ...world, isOverloadedEverywhere: isOverloaded },
    effects: [{ kind: 'notice', notice: { code } }],
  };
}
