import type { EpochMs } from '@zephyr/contract/scalars';

/** `overload` of the policy. */
export interface OverloadPolicy {
  /** How long an overload answer is remembered. */
  readonly memoryMs: number;
  /** Share of the endpoints with recent answers that must be overloaded to count as overloaded everywhere. */
  readonly share: number;
}

export const OVERLOAD_NUMBERS: OverloadPolicy = { memoryMs: 60_000, share: 0.6 };

/** When an endpoint last reported that the model is overloaded, and when it last answered. */
export interface OverloadRecord {
  readonly overloadedAtMs: EpochMs | null;
  readonly answeredAtMs: EpochMs | null;
}

/**
 * Whether the model is overloaded on most endpoints with recent answers: then switching does not help,
 * and no endpoint is to blame.
 * @param records one for each endpoint
 */
export function isOverloadedEverywhere(
  records: readonly OverloadRecord[],
  epochMs: EpochMs,
  policy: OverloadPolicy,
): boolean {
  const isRecent = (atMs: EpochMs | null) => atMs !== null && epochMs - atMs < policy.memoryMs;
  const recent = records.filter(
    ({ overloadedAtMs, answeredAtMs }) => isRecent(overloadedAtMs) || isRecent(answeredAtMs),
  );
  const overloaded = recent.filter(({ overloadedAtMs }) => isRecent(overloadedAtMs));
  // A single endpoint may itself be overloaded; that is enough only if there is no other.
  const enough = Math.min(2, records.length);
  return overloaded.length >= enough && overloaded.length >= recent.length * policy.share;
}
