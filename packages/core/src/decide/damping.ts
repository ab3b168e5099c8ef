import { isOverloadedEverywhere } from '../learn/overload.ts';
import type { EpochMs } from '../types.ts';
import { type Step, stay, type Turn } from './context.ts';
import type { Effect } from './events.ts';
import type { World } from './world.ts';

/** Notices that the model is overloaded everywhere, or no longer. */
export function stepOverload(world: World, { nowMs, policy }: Turn): Step {
  const records = world.endpoints.map(({ overload }) => overload);
  const isOverloaded = isOverloadedEverywhere(records, nowMs, policy.overload);
  if (isOverloaded === world.overloadedEverywhere) return stay(world);
  const code = isOverloaded ? 'overload_began' : 'overload_ended';
  return {
    next: { ...world, overloadedEverywhere: isOverloaded },
    effects: [{ kind: 'notice', notice: { code } }],
  };
}

/** Too many switches freeze latency switches for a while: a calm second best beats flapping. */
export function stepFreeze(world: World, { nowMs, policy }: Turn): Step {
  const { switching } = world;
  const recentAtMs = switching.recentAtMs.filter(
    (atMs) => nowMs - atMs < policy.switching.flapWindowMs,
  );
  const isSame = recentAtMs.length === switching.recentAtMs.length;
  const kept: World = isSame ? world : { ...world, switching: { ...switching, recentAtMs } };
  const { freeze } = switching;
  if (freeze.status === 'flapping') {
    if (nowMs < freeze.untilAtMs) return stay(kept);
    return frozen(kept, { status: 'none' }, { code: 'flapping_thawed' });
  }
  if (recentAtMs.length <= policy.switching.flapLimit) return stay(kept);
  const untilAtMs = (nowMs + policy.switching.freezeMs) as EpochMs;
  return frozen(kept, { status: 'flapping', untilAtMs }, { code: 'flapping_frozen', untilAtMs });
}

function frozen(
  world: World,
  freeze: World['switching']['freeze'],
  notice: Extract<Effect, { kind: 'notice' }>['notice'],
): Step {
  return {
    next: { ...world, switching: { ...world.switching, freeze } },
    effects: [{ kind: 'notice', notice }],
  };
}
