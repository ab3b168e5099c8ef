import type { OverloadPolicy } from './policy.ts';
import type { EpochMs } from './types.ts';
import type { World } from './world.ts';

/** When an endpoint last said that the model is overloaded, and when it last answered well. */
export interface OverloadRecord {
  readonly overloadedAtMs: EpochMs | null;
  readonly answeredAtMs: EpochMs | null;
}

/**
 * Whether the model is overloaded on most endpoints that were heard from lately: then switching
 * helps nobody, and no endpoint is to blame.
 */
export function isOverloadedEverywhere(
  world: World,
  nowMs: EpochMs,
  policy: OverloadPolicy,
): boolean {
  const isRecent = (atMs: EpochMs | null) => atMs !== null && nowMs - atMs < policy.memoryMs;
  const heard = world.endpoints.filter(
    ({ overload }) => isRecent(overload.overloadedAtMs) || isRecent(overload.answeredAtMs),
  );
  const overloaded = heard.filter(({ overload }) => isRecent(overload.overloadedAtMs));
  // One endpoint alone cannot tell a model's overload from its own, unless there is no other.
  const enough = Math.min(2, world.endpoints.length);
  return overloaded.length >= enough && overloaded.length >= heard.length * policy.share;
}
