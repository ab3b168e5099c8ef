/**
 * How much longer than a probe the requests of one class usually take, at any endpoint: the effect
 * of the questions, not of an endpoint. There is one level for all endpoints, or each would be
 * compared with itself.
 *
 * - It falls at once when an endpoint shows that the class can be faster.
 * - It rises at once when every endpoint that was measured since the class was last at this level
 *   is slower: then the questions have become harder. `agreedMs` is how long that is remembered. An
 *   endpoint that was slow while another was fast says nothing about the questions until it is
 *   measured again.
 * - While only one endpoint is measured it rises with the half-life `riseHalfLifeMs`: for a while
 *   that endpoint is compared with its own past, which finds a slowdown where all traffic goes to
 *   one.
 */
import type { EpochMs } from '@zephyr/contract/scalars';

import type { LivePolicy } from '../policy.ts';

export interface ClassLevel {
  /** Live time minus the time of probes; may be negative. */
  readonly ms: number;
  readonly atMs: EpochMs;
  /** When an endpoint was last measured near it. */
  readonly nearAtMs: EpochMs;
  /** The level that several endpoints last agreed on. */
  readonly agreed: { readonly ms: number; readonly atMs: EpochMs } | null;
}

/** One endpoint's live time of the class minus the time of its probes. */
export interface Extra {
  readonly ms: number;
  /** How much of it may be chance. */
  readonly slackMs: number;
  readonly atMs: EpochMs;
  /** See `ClassTrack`. */
  readonly isOutdone: boolean;
}

/** @param others those of the other endpoints that were measured often enough */
export function advanceLevel(
  level: ClassLevel | undefined,
  { extra, others }: { readonly extra: Extra; readonly others: readonly Extra[] },
  policy: LivePolicy,
): ClassLevel {
  const { atMs } = extra;
  if (level === undefined) return { ms: extra.ms, atMs, nearAtMs: atMs, agreed: null };
  const peers = peersOf(level, others, policy);
  const low = [...peers, extra].reduce((a, b) => (b.ms < a.ms ? b : a));
  const sinceMs = atMs - level.atMs;
  const near = { ...level, atMs, nearAtMs: atMs };
  if (low.ms < level.ms - low.slackMs) return { ...near, ms: low.ms };
  if (low.ms <= level.ms + low.slackMs) {
    return { ...near, ms: towards(level.ms, low.ms, sinceMs / policy.driftHalfLifeMs) };
  }
  if (extra.isOutdone) return level;
  if (peers.length > 0) return { ...near, ms: low.ms, agreed: { ms: low.ms, atMs } };
  const ms = towards(level.ms, low.ms, sinceMs / policy.riseHalfLifeMs);
  return { ...level, ms, atMs };
}

/**
 * The endpoints that show whether the class itself has become slower. One that has just begun to be
 * measured cannot be distinguished from the usual level at first, hence `peerMs`.
 */
export function peersOf(
  level: ClassLevel,
  others: readonly Extra[],
  policy: LivePolicy,
): readonly Extra[] {
  return others.filter(
    ({ atMs, isOutdone }) => !isOutdone && atMs > level.nearAtMs - policy.peerMs,
  );
}

/**
 * Whether one endpoint is clearly faster than another was. Its mean may still be an old one, so its
 * newest times must be nearer to that mean than to the other's.
 */
export function isClearlyQuicker(extra: Extra, other: Extra, newestMs: number): boolean {
  const isClear = extra.ms + extra.slackMs < other.ms - other.slackMs;
  return isClear && newestMs < (extra.ms + other.ms) / 2;
}

/** The level that an endpoint's time is compared with. */
export function referenceMs(
  level: ClassLevel,
  about: { readonly hasPeers: boolean; readonly nowMs: EpochMs },
  policy: LivePolicy,
): number {
  const { agreed } = level;
  const isKnown = agreed !== null && about.nowMs - agreed.atMs < policy.agreedMs;
  // A single endpoint may be at the level that all had an hour ago: no reason to leave it.
  return isKnown && !about.hasPeers ? Math.max(level.ms, agreed.ms) : level.ms;
}

function towards(from: number, to: number, halfLives: number): number {
  return to + (from - to) * 2 ** -Math.max(0, halfLives);
}
