/**
 * How much longer than a probe the requests of one class usually take, at any endpoint: the effect of the
 * requests, not of an endpoint. There is one level for all endpoints, or each would be compared with
 * itself.
 *
 * - It falls immediately as far as an endpoint is faster beyond chance. Differences within chance it
 *   follows slowly: compared with the fastest moments, every ordinary endpoint would look slow.
 * - It rises immediately if more than half of all endpoints were measured since the class was last at this
 *   level, and all of these are slower: then the requests have become harder. Two that are slow at the same
 *   time prove nothing if there are five. `agreedMs` is how long that is remembered. An endpoint that was
 *   slow while another was fast says nothing about the requests until it is measured again.
 * - While fewer are measured it rises with the half-life `riseHalfLifeMs`: for a while they are compared
 *   with their own past, which detects a slowdown even if all traffic goes to one endpoint.
 */
import type { EpochMs } from '@zephyr/contract/scalars';

/** In `live` of the policy. */
export interface ClassLevelPolicy {
  /** Half-life with which the usual time of a class follows small changes… */
  readonly driftHalfLifeMs: number;
  /** …and larger ones that only one endpoint shows. */
  readonly riseHalfLifeMs: number;
  /** Endpoints that were measured within this time of each other are compared. */
  readonly peerMs: number;
  /** How long to remember that a class was slower everywhere. */
  readonly agreedMs: number;
}

export const CLASS_LEVEL_NUMBERS: ClassLevelPolicy = {
  driftHalfLifeMs: 900_000,
  riseHalfLifeMs: 1_800_000,
  peerMs: 60_000,
  agreedMs: 7_200_000,
};

export interface ClassLevel {
  /** Live time minus probe latency; may be negative. */
  readonly ms: number;
  readonly atMs: EpochMs;
  /** When an endpoint was last measured near it. */
  readonly nearAtMs: EpochMs;
  /** The level that most endpoints last agreed on. */
  readonly agreed: { readonly ms: number; readonly atMs: EpochMs } | null;
}

/** One endpoint's live time for the class minus its probe latency. */
export interface Extra {
  readonly ms: number;
  /** How much of it may be chance. */
  readonly slackMs: number;
  readonly atMs: EpochMs;
  /** See `ClassTrack`. */
  readonly isOutdone: boolean;
}

interface ClassExtras {
  readonly extra: Extra;
  /** Of the other endpoints that were measured often enough. */
  readonly others: readonly Extra[];
  /** How many endpoints must be slower before the requests are to blame. */
  readonly quorum: number;
}

export function advanceLevel(
  level: ClassLevel | undefined,
  { extra, others, quorum }: ClassExtras,
  policy: ClassLevelPolicy,
): ClassLevel {
  const { atMs } = extra;
  if (level === undefined) return { ms: extra.ms, atMs, nearAtMs: atMs, agreed: null };
  const peers = peersOf(level, others, policy);
  const measured = [...peers, extra];
  const low = measured.reduce((a, b) => (b.ms < a.ms ? b : a));
  const maxMs = Math.min(...measured.map(({ ms, slackMs }) => ms + slackMs));
  const sinceMs = atMs - level.atMs;
  const near = { ...level, atMs, nearAtMs: atMs };
  if (maxMs < level.ms) return { ...near, ms: maxMs };
  if (low.ms <= level.ms + low.slackMs) {
    return { ...near, ms: towards(level.ms, low.ms, sinceMs / policy.driftHalfLifeMs) };
  }
  if (extra.isOutdone) return level;
  if (measured.length >= quorum) return { ...near, ms: maxMs, agreed: { ms: maxMs, atMs } };
  const ms = towards(level.ms, low.ms, sinceMs / policy.riseHalfLifeMs);
  return { ...level, ms, atMs };
}

/**
 * The endpoints that show whether the class itself has become slower. An endpoint cannot be distinguished
 * from the usual level at the start of its measurement, hence `peerMs`.
 */
export function peersOf(
  level: ClassLevel,
  others: readonly Extra[],
  policy: ClassLevelPolicy,
): readonly Extra[] {
  return others.filter(
    ({ atMs, isOutdone }) => !isOutdone && atMs > level.nearAtMs - policy.peerMs,
  );
}

/**
 * Whether one endpoint is clearly faster than another was. Its mean may be outdated, so its newest times
 * must be nearer to that mean than to the other's.
 */
export function isClearlyQuicker(extra: Extra, other: Extra, newestMs: number): boolean {
  const isClear = extra.ms + extra.slackMs < other.ms - other.slackMs;
  return isClear && newestMs < (extra.ms + other.ms) / 2;
}

/** The level that an endpoint's time is compared with. */
export function referenceMs(
  level: ClassLevel,
  about: { readonly hasUsualPeer: boolean; readonly epochMs: EpochMs },
  policy: ClassLevelPolicy,
): number {
  const { agreed } = level;
  const isKnown = agreed !== null && about.epochMs - agreed.atMs < policy.agreedMs;
  // A slow endpoint may be at the level that all had an hour ago: no reason to leave it.
  return isKnown && !about.hasUsualPeer ? Math.max(level.ms, agreed.ms) : level.ms;
}

function towards(from: number, to: number, halfLives: number): number {
  return to + (from - to) * 2 ** -Math.max(0, halfLives);
}
