import type { OverloadPolicy } from '../policy.ts';
import type { EpochMs } from '../types.ts';

/** When an endpoint last said that the model is overloaded, and when it last answered well. */
export interface OverloadRecord {
  readonly overloadedAtMs: EpochMs | null;
  readonly answeredAtMs: EpochMs | null;
}

/**
 * Whether the model is overloaded on most endpoints that were heard from lately: then switching
 * helps nobody, and no endpoint is to blame.
 * @param records of all endpoints.
 */
export function isOverloadedEverywhere(
  records: readonly OverloadRecord[],
  nowMs: EpochMs,
  policy: OverloadPolicy,
): boolean {
  const isRecent = (atMs: EpochMs | null) => atMs !== null && nowMs - atMs < policy.memoryMs;
  const heard = records.filter(
    ({ overloadedAtMs, answeredAtMs }) => isRecent(overloadedAtMs) || isRecent(answeredAtMs),
  );
  const overloaded = heard.filter(({ overloadedAtMs }) => isRecent(overloadedAtMs));
  // One endpoint alone cannot tell a model's overload from its own, unless there is no other.
  const enough = Math.min(2, records.length);
  return overloaded.length >= enough && overloaded.length >= heard.length * policy.share;
}
