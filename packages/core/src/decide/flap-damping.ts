import type { EpochMs } from '@zephyr/contract/scalars';

import { type Context, type Step, stay } from './context.ts';
import type { Effect } from './inputs.ts';
import type { World } from './world.ts';

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
export function stepFreeze(
  world: World,
  { nowMs, policy }: Context<{ readonly switching: FlapPolicy }>,
): Step {
  const { switching } = world;
  const recentAtMs = switching.recentAtMs.filter(
    (atMs) => nowMs - atMs < policy.switching.flapWindowMs,
  );
  const isSame = recentAtMs.length === switching.recentAtMs.length;
  const trimmed: World = isSame ? world : { ...world, switching: { ...switching, recentAtMs } };
  const { freeze } = switching;
  if (freeze.status === 'flapping') {
    if (nowMs < freeze.untilAtMs) return stay(trimmed);
    return withFreeze(trimmed, { status: 'none' }, { code: 'flapping_thawed' });
  }
  if (recentAtMs.length <= policy.switching.flapLimit) return stay(trimmed);
  const untilAtMs = (nowMs + policy.switching.freezeMs) as EpochMs;
  return withFreeze(
    trimmed,
    { status: 'flapping', untilAtMs },
    { code: 'flapping_frozen', untilAtMs },
  );
}

function withFreeze(
  world: World,
  freeze: World['switching']['freeze'],
  notice: Extract<Effect, { kind: 'notice' }>['notice'],
): Step {
  return {
    next: { ...world, switching: { ...world.switching, freeze } },
    effects: [{ kind: 'notice', notice }],
  };
}
