/**
 * Live times: probes all ask the same small question, so they compare endpoints well, but an
 * endpoint can be fast for probes and slow for people. Here the times to the first content of live
 * requests are compared over all endpoints, each as that of a typical request (`class-mix.ts`). By how
 * much an endpoint is slower than usual is its excess, a part of its score.
 *
 *     extra  = live time of a typical request here − time of probes here
 *     gap    = extra − usual extra (`usual-level.ts`)
 *     excess = gap, where it is no chance
 *
 * An endpoint that was left for its excess is no longer measured. Its excess is remembered and
 * decays, so that the endpoint gets another chance; each time it is slow again it is remembered
 * twice as long. Where the endpoint that was chosen instead has become slow too, the memory decays
 * quickly.
 */

import type { TtftSample } from '@zephyr/contract/outcome';
import type { EpochMs } from '@zephyr/contract/scalars';

import type { LivePolicy } from '../policy.ts';
import {
  type ClassMix,
  POOLS,
  type Pool,
  poolOf,
  type Reference,
  typicalTimes,
} from './class-mix.ts';
import { advanceTrack, errorMs, type LiveTrack, levelMs, typicalMs } from './live-latency.ts';
import { LATENCY_CLASSES } from './request-class.ts';
import {
  advanceLevel,
  type Extra,
  isClearlyQuicker,
  peersOf,
  referenceMs,
  type UsualLevel,
} from './usual-level.ts';

export interface LiveTimes {
  readonly pools: Pools<LiveTrack>;
  /** When it was last measured slower than usual by `slowMs`. */
  readonly slowAtMs: EpochMs | null;
  /** How often it became slow again after a time without. */
  readonly strikes: number;
  /** When its excess last counted as new evidence. */
  readonly evidenceAtMs: EpochMs | null;
  /** When another endpoint was found slow while this one was no longer measured; null: not so. */
  readonly doubtedAtMs: EpochMs | null;
}

export type Pools<Of> = Readonly<Partial<Record<Pool, Of>>>;

/** What is usual, over all endpoints. */
export interface Usual {
  readonly levels: Pools<UsualLevel>;
  readonly mixes: Pools<ClassMix>;
}

export const NOTHING_USUAL: Usual = { levels: {}, mixes: {} };

export const NO_LIVE_TIMES: LiveTimes = {
  pools: {},
  slowAtMs: null,
  strikes: 0,
  evidenceAtMs: null,
  doubtedAtMs: null,
};

/** One endpoint's live times with its probes' time. */
export interface Timed {
  readonly times: LiveTimes;
  /** The estimated latency of its probes; null: unknown, and its live times cannot be compared. */
  readonly probeMs: number | null;
}

/** The endpoint that a report is about, and the others in any order. */
export interface TimedAll {
  readonly own: Timed;
  readonly others: readonly Timed[];
  readonly usual: Usual;
}

export interface TimesReport {
  readonly ttft: readonly TtftSample[];
  readonly nowMs: EpochMs;
  readonly policy: LivePolicy;
}

/** Adds the times of one report; it can only lower the excess of the other endpoints. */
export function takeTimes(all: TimedAll, { ttft, nowMs, policy }: TimesReport): TimedAll {
  const byPool = Map.groupBy(
    ttft.filter((sample) => LATENCY_CLASSES.has(sample.class)),
    (sample) => poolOf(sample.class),
  );
  const isDoubted = all.own.times.doubtedAtMs !== null;
  let next = all;
  for (const [pool, samples] of byPool) {
    const reference = referenceOf(next, { pool, nowMs, policy });
    const { timesMs, mix } = typicalTimes(next.usual.mixes[pool], samples, { reference, nowMs });
    next = { ...next, usual: { ...next.usual, mixes: { ...next.usual.mixes, [pool]: mix } } };
    if (timesMs.length === 0) continue;
    const track = advanceTrack(next.own.times.pools[pool], {
      ...{ timesMs, isDoubted, nowMs, policy },
    });
    next = comparePool(withTrack(next, pool, track), { pool, timesMs, nowMs, policy });
  }
  const excessMs = measuredExcessMs(next.own.times, nowMs, policy);
  const times = { ...paced(next.own.times, { excessMs, nowMs, policy }), doubtedAtMs: null };
  const others =
    excessMs < policy.doubtMs
      ? next.others
      : next.others.map((other) => ({ ...other, times: doubted(other.times, nowMs, policy) }));
  return { ...next, own: { ...next.own, times }, others };
}

/** What a typical request takes at the endpoint of the report, or took where one was measured last. */
function referenceOf(all: TimedAll, { pool, nowMs, policy }: PoolContext): Reference | undefined {
  const ownTrack = all.own.times.pools[pool];
  if (ownTrack !== undefined && nowMs - ownTrack.atMs <= policy.restartMs) {
    return { log: ownTrack.logMs, isCurrent: true };
  }
  const latest = [all.own, ...all.others]
    .flatMap(({ times }) => times.pools[pool] ?? [])
    .toSorted((a, b) => b.atMs - a.atMs)[0];
  return latest && { log: latest.logMs, isCurrent: false };
}

interface PoolContext {
  readonly pool: Pool;
  readonly nowMs: EpochMs;
  readonly policy: LivePolicy;
}

function comparePool(
  all: TimedAll,
  about: PoolContext & { readonly timesMs: readonly number[] },
): TimedAll {
  const { pool, timesMs, nowMs, policy } = about;
  const extra = extraOf(all.own, about);
  const track = all.own.times.pools[pool];
  if (extra === undefined || track === undefined) return all;
  const others = all.others.flatMap((other) => extraOf(other, about) ?? []);
  const former = all.usual.levels[pool];
  const peers = former === undefined ? [] : peersOf(former, others, policy);
  const level = advanceLevel(former, { extra, others, quorum: quorumOf(all) }, policy);
  const hasUsualPeer = peers.some(({ ms, slackMs }) => ms <= level.ms + slackMs);
  const usualMs = referenceMs(level, { hasUsualPeer, nowMs }, policy);
  const usual = { ...all.usual, levels: { ...all.usual.levels, [pool]: level } };
  const gap = { gapMs: extra.ms - usualMs, gapErrorMs: errorMs(track) };
  const measured = withTrack({ ...all, usual }, pool, { ...track, ...gap });
  const newestMs = typicalMs(timesMs) - (all.own.probeMs ?? 0);
  const isOutdone = (other: Extra | undefined) =>
    other !== undefined && isClearlyQuicker(extra, other, newestMs);
  return {
    ...measured,
    others: measured.others.map((other) =>
      eased(isOutdone(extraOf(other, about)) ? outdone(other, about) : other, level.ms, about),
    ),
  };
}

/** More than half of the endpoints that can be compared, and never one alone. */
function quorumOf({ own: timed, others }: TimedAll): number {
  const count = [timed, ...others].filter(({ probeMs }) => probeMs !== null).length;
  return Math.max(2, Math.floor(count / 2) + 1);
}

/** Marks a slow one as outdone; otherwise all may have been slow until now. */
function outdone(timed: Timed, { pool, policy }: PoolContext): Timed {
  const track = timed.times.pools[pool];
  if (track === undefined || !isClearlySlow(track, policy)) return timed;
  const pools = { ...timed.times.pools, [pool]: { ...track, isOutdone: true } };
  return { ...timed, times: { ...timed.times, pools } };
}

/** Marks the memory of an endpoint that is no longer measured as doubtful. */
function doubted(times: LiveTimes, nowMs: EpochMs, policy: LivePolicy): LiveTimes {
  const isQuiet = Object.values(times.pools).every(({ atMs }) => nowMs - atMs > policy.quietMs);
  return isQuiet && times.doubtedAtMs === null ? { ...times, doubtedAtMs: nowMs } : times;
}

function withTrack(all: TimedAll, pool: Pool, track: LiveTrack): TimedAll {
  const { times } = all.own;
  const pools = { ...times.pools, [pool]: track };
  return { ...all, own: { ...all.own, times: { ...times, pools } } };
}

function extraOf({ times, probeMs }: Timed, { pool, policy }: PoolContext): Extra | undefined {
  const track = times.pools[pool];
  if (track === undefined || probeMs === null || track.requests < policy.leastRequests) {
    return undefined;
  }
  return {
    ms: levelMs(track) - probeMs,
    slackMs: policy.slackErrors * errorMs(track),
    atMs: track.atMs,
    isOutdone: track.isOutdone,
  };
}

/** Lowers the excess where the class has become slower everywhere. */
function eased(timed: Timed, usualMs: number, about: PoolContext): Timed {
  const track = timed.times.pools[about.pool];
  const extra = extraOf(timed, about);
  if (track === undefined || extra === undefined) return timed;
  const gapMs = Math.min(track.gapMs, extra.ms - usualMs);
  if (gapMs === track.gapMs) return timed;
  const pools = { ...timed.times.pools, [about.pool]: { ...track, gapMs } };
  return { ...timed, times: { ...timed.times, pools } };
}

/** After a probe: a slowdown that probes show too is not counted twice. */
export function afterProbe(timed: Timed, { levels }: Usual, policy: LivePolicy): LiveTimes {
  return POOLS.reduce((before, pool) => {
    const level = levels[pool];
    if (level === undefined) return before;
    const about = { pool, nowMs: level.atMs, policy };
    return eased({ ...timed, times: before }, level.ms, about).times;
  }, timed.times);
}

/** Counts strikes: becoming slow again after a while, not staying slow. */
function paced(
  times: LiveTimes,
  about: { readonly excessMs: number; readonly nowMs: EpochMs; readonly policy: LivePolicy },
): LiveTimes {
  const { excessMs, nowMs, policy } = about;
  if (excessMs < policy.slowMs) return times;
  const sinceMs = times.slowAtMs === null ? Number.POSITIVE_INFINITY : nowMs - times.slowAtMs;
  const slow = { ...times, slowAtMs: nowMs };
  if (sinceMs <= policy.restartMs) return slow;
  const isRepeated = sinceMs < policy.strikeMemoryMs;
  return { ...slow, strikes: isRepeated ? Math.min(times.strikes + 1, policy.maxStrikes) : 1 };
}

function measuredExcessMs(times: LiveTimes, nowMs: EpochMs, policy: LivePolicy): number {
  const track = comparedTrack(
    times,
    ({ requests, atMs }) => requests >= policy.leastRequests && nowMs - atMs <= policy.freshMs,
    policy,
  );
  return track === undefined ? 0 : likelyExcessMs(track, policy);
}

/** Requests that are read from the cache compare best: how long others take depends on their length. */
function comparedTrack(
  { pools: { cached, fresh } }: LiveTimes,
  isKnown: (track: LiveTrack) => boolean,
  policy: LivePolicy,
): LiveTrack | undefined {
  const isCurrent = (cached?.atMs ?? 0) >= (fresh?.atMs ?? 0) - policy.restartMs;
  const ranked = isCurrent ? [cached, fresh] : [fresh, cached];
  return ranked.find((track) => track !== undefined && isKnown(track));
}

/**
 * Nothing where the gap may be chance; then soon all of it, because the gap, not the least that it may
 * be, is what people wait.
 */
function likelyExcessMs({ gapMs, gapErrorMs }: LiveTrack, policy: LivePolicy): number {
  const chanceMs = policy.slackErrors * gapErrorMs;
  return gapMs <= chanceMs ? 0 : gapMs - chanceMs ** 2 / gapMs;
}

function isClearlySlow({ gapMs, gapErrorMs }: LiveTrack, policy: LivePolicy): boolean {
  return gapMs > policy.slackErrors * gapErrorMs;
}

export interface Excess {
  readonly excessMs: number;
  /** Null: nothing was measured. */
  readonly measuredAtMs: EpochMs | null;
}

/** The excess at `nowMs`, as far as it is remembered. */
export function excessOf(times: LiveTimes, nowMs: EpochMs, policy: LivePolicy): Excess {
  const track = comparedTrack(
    times,
    (of) => of.requests >= policy.leastRequests || isClearlySlow(of, policy),
    policy,
  );
  if (track === undefined) return { excessMs: 0, measuredAtMs: null };
  const { atMs: measuredAtMs } = track;
  const sinceMs = Math.max(0, nowMs - measuredAtMs - policy.freshMs);
  const memoryMs = policy.memoryMs * 2 ** Math.max(0, times.strikes - 1);
  const doubtMs = times.doubtedAtMs === null ? 0 : nowMs - times.doubtedAtMs;
  const left = 2 ** (-sinceMs / memoryMs - doubtMs / policy.doubtedMemoryMs);
  return { excessMs: likelyExcessMs(track, policy) * left, measuredAtMs };
}

/** Whether enough requests are measured to notice when people begin to wait longer. */
export function isTimed(times: LiveTimes, nowMs: EpochMs, policy: LivePolicy): boolean {
  return Object.values(times.pools).some(
    ({ requests, atMs }) => requests >= policy.leastRequests && nowMs - atMs <= policy.freshMs,
  );
}

/** Whether live traffic has just become much slower or faster: then probes should come at once. */
export function isSuspicious(times: LiveTimes, nowMs: EpochMs, policy: LivePolicy): boolean {
  return Object.values(times.pools).some((track) => {
    const reach = Math.max(policy.slackErrors * Math.sqrt(track.variance), SUSPICIOUS_STEP);
    const isFresh = nowMs - track.atMs <= policy.freshMs;
    return (
      isFresh &&
      track.requests >= policy.leastRequests &&
      Math.abs(track.logMs - track.formerLogMs) > reach
    );
  });
}

/** A smaller change, in logarithms, is not worth a probe. */
const SUSPICIOUS_STEP = 0.3;

/** Whether its excess counts as new evidence for a switch: now and then, not with each request. */
export function withEvidence(
  times: LiveTimes,
  nowMs: EpochMs,
  policy: LivePolicy,
): { readonly times: LiveTimes; readonly isNew: boolean } {
  const { evidenceAtMs } = times;
  const isDue = evidenceAtMs === null || nowMs - evidenceAtMs >= policy.evidenceGapMs;
  if (!isDue || times.slowAtMs !== nowMs) return { times, isNew: false };
  return { times: { ...times, evidenceAtMs: nowMs }, isNew: true };
}
