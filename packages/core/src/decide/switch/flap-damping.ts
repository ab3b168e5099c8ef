import type { EpochMs } from '@zephyr/contract/scalars';

import { type Context, type Step, stay } from '../world/context.ts';
import type { Effect } from '../world/inputs.ts';
import type { Flapping, World } from '../world/world.ts';

/** In `switching` of the policy. */
export interface FlapPolicy {
  /** More automatic switches than this within the window freeze latency switches for `freezeMs`. */
  readonly flapLimit: number;
  readonly flapWindowMs: number;
  readonly freezeMs: number;
}

export const FLAP_NUMBERS: FlapPolicy = {
  flapLimit: 6,
  flapWindowMs: 600_000,
  freezeMs: 600_000,
};

/** Too many automatic switches freeze latency switches for a while: better second best than flapping. */
export function stepFlapping(
  world: World,
  { epochMs, policy }: Context<{ readonly switching: FlapPolicy }>,
): Step {
  const { switching } = world;
  const recentAtMs = switching.recentAtMs.filter(
    (atMs) => epochMs - atMs < policy.switching.flapWindowMs,
  );
  const isSame = recentAtMs.length === switching.recentAtMs.length;
  const trimmed: World = isSame ? world : { ...world, switching: { ...switching, recentAtMs } };
  const { flapping } = switching;
  if (flapping.status === 'flapping') {
    if (epochMs < flapping.untilAtMs) return stay(trimmed);
    return withFlapping(trimmed, { status: 'none' }, { code: 'flapping_thawed' });
  }
  if (recentAtMs.length <= policy.switching.flapLimit) return stay(trimmed);
  const untilAtMs = (epochMs + policy.switching.freezeMs) as EpochMs;
  return withFlapping(
    trimmed,
    { status: 'flapping', untilAtMs },
    { code: 'flapping_frozen', untilAtMs },
  );
}

function withFlapping(
  world: World,
  flapping: Flapping,
  notice: Extract<Effect, { kind: 'notice' }>['notice'],
): Step {
  return {
    next: { ...world, switching: { ...world.switching, flapping } },
    effects: [{ kind: 'notice', notice }],
  };
}
