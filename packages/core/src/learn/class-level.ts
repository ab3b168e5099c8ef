/**
 * How much longer than a probe requests of one class usually take, wherever they go: what people ask,
 * not where they ask. One number for all endpoints, or each would forgive itself.
 *
 * - It falls at once when an endpoint shows that the class can be quicker.
 * - It rises at once when every endpoint that was measured since the class was last at this level is
 *   slower: then the questions are harder, no endpoint is. `agreedMs` remembers that for hours.
 *   One that was slow while another was quick says nothing about the questions, until it is measured
 *   again.
 * - While only one endpoint is measured it rises by half in `riseHalfLifeMs`: that one is compared with
 *   its own past for a while, which is how a slowdown is found where all traffic goes to one endpoint.
 */
import type { LivePolicy } from '../policy.ts';
import type { EpochMs } from '../types.ts';

export interface ClassLevel {
  /** Live time less the probes' time; may be negative. */
  readonly ms: number;
  readonly atMs: EpochMs;
  /** When an endpoint was last measured near it. */
  readonly nearAtMs: EpochMs;
  /** The highest that several endpoints have agreed on. */
  readonly agreed: { readonly ms: number; readonly atMs: EpochMs } | null;
}

/** One endpoint's live time of the class less its probes' time. */
export interface Extra {
  readonly ms: number;
  /** What of it may be chance. */
  readonly slackMs: number;
  readonly atMs: EpochMs;
  /** See `ClassTrack`. */
  readonly isOutdone: boolean;
}

/** @param others of the other endpoints that were measured enough. */
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
 * Those that can say whether the class itself has become slower. An endpoint that has just begun to be
 * measured cannot be told from the usual level at first, so a little time is allowed for.
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
 * Whether one is clearly quicker than another was. Its mean may still be of before, so its newest
 * times must be nearer to its own mean than to the other's.
 */
export function outdoes(extra: Extra, other: Extra, newestMs: number): boolean {
  const isClear = extra.ms + extra.slackMs < other.ms - other.slackMs;
  return isClear && newestMs < (extra.ms + other.ms) / 2;
}

/** What an endpoint's time is compared with. */
export function referenceMs(
  level: ClassLevel,
  about: { readonly hasPeers: boolean; readonly nowMs: EpochMs },
  policy: LivePolicy,
): number {
  const { agreed } = level;
  const isKnown = agreed !== null && about.nowMs - agreed.atMs < policy.agreedMs;
  // Alone, it may be at what all were at an hour ago: that would be no reason to leave it.
  return isKnown && !about.hasPeers ? Math.max(level.ms, agreed.ms) : level.ms;
}

function towards(from: number, to: number, halfLives: number): number {
  return to + (from - to) * 2 ** -Math.max(0, halfLives);
}
