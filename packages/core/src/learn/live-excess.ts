/**
 * Live times: all probes send the same small question, so they compare endpoints well, but an endpoint can
 * be fast for probes and slow for people. Here the times to first token of live requests are compared
 * within a request class, over all endpoints. The excess of an endpoint is how much slower than usual it is; it is
 * part of the endpoint's score.
 *
 *     extra  = live time of the class here − time of probes here
 *     gap    = extra − usual extra of the class (`request-class-level.ts`)
 *     excess = mean gap over the classes, beyond chance
 *
 * An endpoint that was left because of its excess is no longer measured. Its excess is remembered and
 * decays, so that the endpoint gets another chance; each time it is slow again, the memory lasts twice as
 * long. If the endpoint chosen instead has become slow too, the memory decays quickly.
 */

import type { TtftSample } from '@zephyr/contract/route/outcome';
import type { EpochMs } from '@zephyr/contract/scalars';
import { own } from '../own-property.ts';
import {
  advanceClass,
  type ClassTrack,
  errorMs,
  LIVE_LATENCY_NUMBERS,
  type LiveLatencyPolicy,
  levelMs,
  typicalMs,
} from './live-latency.ts';
import { LATENCY_CLASSES } from './request-class.ts';
import {
  advanceLevel,
  CLASS_LEVEL_NUMBERS,
  type ClassLevel,
  type ClassLevelPolicy,
  type Extra,
  isClearlyQuicker,
  peersOf,
  referenceMs,
} from './request-class-level.ts';

/** `live` of the policy: live times compared with probes and with what is usual. */
export interface LivePolicy extends LiveLatencyPolicy, ClassLevelPolicy {
  /** Minimum requests of a class before its time is compared. */
  readonly minRequests: number;
  /** This many standard errors may be chance. */
  readonly slackErrors: number;
  /** From this excess on, an endpoint is slow for people. */
  readonly slowMs: number;
  /** Minimum time between two confirmations by live times. */
  readonly evidenceGapMs: number;
  /** Live times younger than this are current. */
  readonly freshMs: number;
  /** Half-life of an excess that is no longer measured… */
  readonly memoryMs: number;
  /** …doubled each time the endpoint was slow again, up to this many times, if within this time. */
  readonly maxSlowPhases: number;
  readonly slowPhaseMemoryMs: number;
  /** Once another endpoint is measured with this much excess… */
  readonly doubtMs: number;
  /** …this is the half-life… */
  readonly doubtedMemoryMs: number;
  /** …for endpoints without a request for this long. */
  readonly quietMs: number;
}

export const LIVE_NUMBERS: LivePolicy = {
  ...LIVE_LATENCY_NUMBERS,
  ...CLASS_LEVEL_NUMBERS,
  minRequests: 3,
  // One person's times vary by half; three errors of a mean of ten are about as much.
  slackErrors: 3,
  slowMs: 200,
  evidenceGapMs: 3_000,
  freshMs: 30_000,
  memoryMs: 60_000,
  maxSlowPhases: 6,
  slowPhaseMemoryMs: 14_400_000,
  doubtMs: 100,
  doubtedMemoryMs: 2_000,
  quietMs: 5_000,
};

export interface LiveTimes {
  /** By class, from the closed set `LATENCY_CLASSES`. */
  readonly classes: Readonly<Record<string, ClassTrack>>;
  /** When it was last measured slower than usual by `slowMs`. */
  readonly slowAtMs: EpochMs | null;
  /** How often it recently became slow after a pause; each lengthens the memory of its excess. */
  readonly slowPhases: number;
  /** When its excess last counted as new evidence. */
  readonly evidenceAtMs: EpochMs | null;
  /** When another endpoint was found slow while this one was no longer measured; null: never. */
  readonly doubtedAtMs: EpochMs | null;
}

export type ClassLevels = Readonly<Record<string, ClassLevel>>;

export const NO_LIVE_TIMES: LiveTimes = {
  classes: {},
  slowAtMs: null,
  slowPhases: 0,
  evidenceAtMs: null,
  doubtedAtMs: null,
};

/** One endpoint's live times, with its probe latency. */
export interface Timed {
  readonly times: LiveTimes;
  /** The estimated latency of its probes; null if unknown: its live times then cannot be compared. */
  readonly probeMs: number | null;
}

/** The endpoint that a report is about, and the others in any order. */
export interface TimedAll {
  readonly own: Timed;
  readonly others: readonly Timed[];
  readonly levels: ClassLevels;
}

export interface TimesReport {
  readonly ttft: readonly TtftSample[];
  readonly epochMs: EpochMs;
  readonly policy: LivePolicy;
}

/** Adds the times of one report; it can only lower the excess of the other endpoints. */
export function takeTimes(all: TimedAll, { ttft, epochMs, policy }: TimesReport): TimedAll {
  const byClass = Map.groupBy(
    ttft.filter((sample) => LATENCY_CLASSES.has(sample.class)),
    (sample) => sample.class,
  );
  const isDoubted = all.own.times.doubtedAtMs !== null;
  let next = all;
  for (const [name, samples] of byClass) {
    const timesMs = samples.map(({ ms }) => ms);
    const track = advanceClass(own(next.own.times.classes, name), {
      ...{ timesMs, isDoubted, epochMs, policy },
    });
    next = compareClass(withTrack(next, name, track), { name, timesMs, epochMs, policy });
  }
  const excessMs = measuredExcessMs(next.own.times, epochMs, policy);
  const times = { ...paced(next.own.times, { excessMs, epochMs, policy }), doubtedAtMs: null };
  const others =
    excessMs < policy.doubtMs
      ? next.others
      : next.others.map((other) => ({ ...other, times: doubted(other.times, epochMs, policy) }));
  return { ...next, own: { ...next.own, times }, others };
}

interface ClassContext {
  /** The name of the class. */
  readonly name: string;
  readonly epochMs: EpochMs;
  readonly policy: LivePolicy;
}

function compareClass(
  all: TimedAll,
  about: ClassContext & { readonly timesMs: readonly number[] },
): TimedAll {
  const { name, timesMs, epochMs, policy } = about;
  const extra = extraOf(all.own, about);
  const track = own(all.own.times.classes, name);
  if (extra === undefined || track === undefined) return all;
  const others = all.others.flatMap((other) => extraOf(other, about) ?? []);
  const former = own(all.levels, name);
  const peers = former === undefined ? [] : peersOf(former, others, policy);
  const level = advanceLevel(former, { extra, others, quorum: quorumOf(all) }, policy);
  const hasUsualPeer = peers.some(({ ms, slackMs }) => ms <= level.ms + slackMs);
  const usualMs = referenceMs(level, { hasUsualPeer, epochMs }, policy);
  const levels = { ...all.levels, [name]: level };
  const gap = { gapMs: extra.ms - usualMs, gapErrorMs: errorMs(track) };
  const measured = withTrack({ ...all, levels }, name, { ...track, ...gap });
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

/** More than half of the comparable endpoints, and at least two. */
function quorumOf({ own: timed, others }: TimedAll): number {
  const count = [timed, ...others].filter(({ probeMs }) => probeMs !== null).length;
  return Math.max(2, Math.floor(count / 2) + 1);
}

/** Marks a clearly slow endpoint as outdone; if it is not, all may have been slow until now. */
function outdone(timed: Timed, { name, policy }: ClassContext): Timed {
  const track = own(timed.times.classes, name);
  if (track === undefined || !isClearlySlow(track, policy)) return timed;
  const classes = { ...timed.times.classes, [name]: { ...track, isOutdone: true } };
  return { ...timed, times: { ...timed.times, classes } };
}

/** If the endpoint is no longer measured, marks its remembered excess as doubtful. */
function doubted(times: LiveTimes, epochMs: EpochMs, policy: LivePolicy): LiveTimes {
  const isQuiet = Object.values(times.classes).every(({ atMs }) => epochMs - atMs > policy.quietMs);
  return isQuiet && times.doubtedAtMs === null ? { ...times, doubtedAtMs: epochMs } : times;
}

function withTrack(all: TimedAll, name: string, track: ClassTrack): TimedAll {
  const { times } = all.own;
  const classes = { ...times.classes, [name]: track };
  return { ...all, own: { ...all.own, times: { ...times, classes } } };
}

function extraOf({ times, probeMs }: Timed, { name, policy }: ClassContext): Extra | undefined {
  const track = own(times.classes, name);
  if (track === undefined || probeMs === null || track.requests < policy.minRequests) {
    return undefined;
  }
  return {
    ms: levelMs(track) - probeMs,
    slackMs: policy.slackErrors * errorMs(track),
    atMs: track.atMs,
    isOutdone: track.isOutdone,
  };
}

/** Lowers the excess if the class has become slower everywhere. */
function eased(timed: Timed, usualMs: number, about: ClassContext): Timed {
  const track = own(timed.times.classes, about.name);
  const extra = extraOf(timed, about);
  if (track === undefined || extra === undefined) return timed;
  const gapMs = Math.min(track.gapMs, extra.ms - usualMs);
  if (gapMs === track.gapMs) return timed;
  const classes = { ...timed.times.classes, [about.name]: { ...track, gapMs } };
  return { ...timed, times: { ...timed.times, classes } };
}

/** After a probe: a slowdown that probes show too is not counted twice. */
export function afterProbe(timed: Timed, levels: ClassLevels, policy: LivePolicy): LiveTimes {
  const names = Object.keys(timed.times.classes);
  return names.reduce((before, name) => {
    const level = own(levels, name);
    if (level === undefined) return before;
    const about = { name, epochMs: level.atMs, policy };
    return eased({ ...timed, times: before }, level.ms, about).times;
  }, timed.times);
}

/** Counts slow phases: becoming slow again after a pause, not staying slow. */
function paced(
  times: LiveTimes,
  about: { readonly excessMs: number; readonly epochMs: EpochMs; readonly policy: LivePolicy },
): LiveTimes {
  const { excessMs, epochMs, policy } = about;
  if (excessMs < policy.slowMs) return times;
  const sinceMs = times.slowAtMs === null ? Number.POSITIVE_INFINITY : epochMs - times.slowAtMs;
  const slow = { ...times, slowAtMs: epochMs };
  if (sinceMs <= policy.restartMs) return slow;
  const isRepeated = sinceMs < policy.slowPhaseMemoryMs;
  return {
    ...slow,
    slowPhases: isRepeated ? Math.min(times.slowPhases + 1, policy.maxSlowPhases) : 1,
  };
}

function measuredExcessMs(times: LiveTimes, epochMs: EpochMs, policy: LivePolicy): number {
  const isMeasured = ({ requests, atMs }: ClassTrack) =>
    requests >= policy.minRequests && epochMs - atMs <= policy.freshMs;
  return meanExcess(Object.values(times.classes).filter(isMeasured), policy).excessMs;
}

/** The mean over the classes, weighted by the mix of requests here at the time of measurement. */
function meanExcess(tracks: readonly ClassTrack[], policy: LivePolicy): Excess {
  const atMs = Math.max(...tracks.map((track) => track.atMs));
  const weights = tracks.map(
    ({ weight, atMs: ownAtMs }) => weight * 2 ** (-(atMs - ownAtMs) / policy.weightHalfLifeMs),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return { excessMs: 0, measuredAtMs: null };
  const meanOf = (of: (track: ClassTrack) => number) =>
    tracks.reduce((sum, track, index) => sum + of(track) * (weights[index] ?? 0), 0) / total;
  const errors = tracks.map(({ gapErrorMs }, index) => gapErrorMs * (weights[index] ?? 0));
  // Chance deviations in single classes are less likely in all of them at the same time.
  const chanceMs = (policy.slackErrors * Math.hypot(...errors)) / total;
  const meanGapMs = meanOf(({ gapMs }) => gapMs);
  // Beyond chance this quickly approaches the full gap, which is what people wait, not its lower bound.
  const excessMs = meanGapMs <= chanceMs ? 0 : meanGapMs - chanceMs ** 2 / meanGapMs;
  return { excessMs, measuredAtMs: atMs as EpochMs };
}

function isClearlySlow({ gapMs, gapErrorMs }: ClassTrack, policy: LivePolicy): boolean {
  return gapMs > policy.slackErrors * gapErrorMs;
}

export interface Excess {
  readonly excessMs: number;
  /** Null: nothing was measured. */
  readonly measuredAtMs: EpochMs | null;
}

/** The excess at `epochMs`, after the decay of its memory. */
export function excessOf(times: LiveTimes, epochMs: EpochMs, policy: LivePolicy): Excess {
  const known = Object.values(times.classes).filter(
    (track) => track.requests >= policy.minRequests || isClearlySlow(track, policy),
  );
  const measured = meanExcess(known, policy);
  if (measured.measuredAtMs === null) return measured;
  const sinceMs = Math.max(0, epochMs - measured.measuredAtMs - policy.freshMs);
  const memoryMs = policy.memoryMs * 2 ** Math.max(0, times.slowPhases - 1);
  const doubtMs = times.doubtedAtMs === null ? 0 : epochMs - times.doubtedAtMs;
  const left = 2 ** (-sinceMs / memoryMs - doubtMs / policy.doubtedMemoryMs);
  return {
    excessMs: measured.excessMs * left,
    measuredAtMs: measured.measuredAtMs,
  };
}

/** Whether enough requests are measured to notice if people begin to wait longer. */
export function isTimed(times: LiveTimes, epochMs: EpochMs, policy: LivePolicy): boolean {
  return Object.values(times.classes).some(
    ({ requests, atMs }) => requests >= policy.minRequests && epochMs - atMs <= policy.freshMs,
  );
}

/** Whether live traffic has just become much slower or faster: then probes should run immediately. */
export function isSuspicious(times: LiveTimes, epochMs: EpochMs, policy: LivePolicy): boolean {
  return Object.values(times.classes).some((track) => {
    const reach = Math.max(policy.slackErrors * Math.sqrt(track.variance), SUSPICIOUS_STEP);
    const isFresh = epochMs - track.atMs <= policy.freshMs;
    return (
      isFresh &&
      track.requests >= policy.minRequests &&
      Math.abs(track.logMs - track.formerLogMs) > reach
    );
  });
}

/** A smaller change of the logarithm is not worth a probe. */
const SUSPICIOUS_STEP = 0.3;

/** Whether its excess counts as new evidence for a switch: at intervals, not with each request. */
export function withEvidence(
  times: LiveTimes,
  epochMs: EpochMs,
  policy: LivePolicy,
): { readonly times: LiveTimes; readonly isNew: boolean } {
  const { evidenceAtMs } = times;
  const isDue = evidenceAtMs === null || epochMs - evidenceAtMs >= policy.evidenceGapMs;
  if (!isDue || times.slowAtMs !== epochMs) return { times, isNew: false };
  return { times: { ...times, evidenceAtMs: epochMs }, isNew: true };
}
