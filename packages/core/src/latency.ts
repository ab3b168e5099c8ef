import type { LatencyPolicy } from './policy.ts';
import { median, medianDeviation, weightedMedian } from './statistics.ts';
import type { EpochMs } from './types.ts';

/**
 * How soon an endpoint answers. Samples of probes and of live traffic are kept together, each with
 * its moment; older ones weigh less, outliers are pulled in, and when the newest probes all
 * disagree with the older ones in the same direction the older ones are forgotten at once.
 *
 * Probes all ask the same, so they tell endpoints apart. Live requests are slower by what people
 * ask: their time is entered less an offset, which each endpoint learns from pairs of probes and
 * live requests of the same minute. So live traffic tells quickly of a change (see
 * `isLiveSuspicious`) but, over time, it cannot shift an endpoint against the others.
 */
export interface LatencyTrack {
  /** Oldest first, in the probes' scale. */
  readonly samples: readonly LatencySample[];
  /** Live times as measured, of about the last minute; oldest first. */
  readonly live: readonly { readonly ms: number; readonly atMs: EpochMs }[];
  /** How much slower live requests were than the probes of their time; oldest first. */
  readonly pairsMs: readonly number[];
}

export interface LatencySample {
  readonly source: 'probe' | 'live';
  /** Start of the time that the sample stands for. */
  readonly atMs: EpochMs;
  readonly ms: number;
  /** Measurements in it. */
  readonly count: number;
}

export const NO_LATENCY: LatencyTrack = { samples: [], live: [], pairsMs: [] };

/** Live traffic older than this is not paired with a probe. */
const PAIR_WITHIN_MS = 60_000;
/** Live reports to remember for that. */
const MAX_LIVE = 32;
/** Spreads below this share of the latency are not believed: clocks and schedulers jitter. */
const LEAST_SPREAD_RATIO = 0.03;
/** The median deviation of a normal distribution is so many times smaller than its standard one. */
const NORMAL_FROM_MEDIAN = 1.4826;

export interface Measured {
  readonly ms: number;
  readonly nowMs: EpochMs;
  readonly policy: LatencyPolicy;
}

export function addProbeLatency(
  track: LatencyTrack,
  { ms, nowMs, policy }: Measured,
): LatencyTrack {
  const probe: LatencySample = { source: 'probe', atMs: nowMs, ms, count: 1 };
  const samples = sinceChange([...track.samples, probe].slice(-policy.maxSamples), policy);
  const live = track.live.filter(({ atMs }) => nowMs - atMs <= PAIR_WITHIN_MS);
  const level = estimateLatency({ ...track, samples }, nowMs, policy);
  if (live.length < policy.pairs || level === null) return { ...track, samples, live };
  const pair = median(live.map((report) => report.ms)) - level.latencyMs;
  return { samples, live, pairsMs: [...track.pairsMs, pair].slice(-policy.maxPairs) };
}

/** @param measured its `ms` is the middle of the times to the first token in one report. */
export function addLiveLatency(track: LatencyTrack, measured: Measured): LatencyTrack {
  const { ms, nowMs, policy } = measured;
  const live = [...track.live, { ms, atMs: nowMs }].slice(-MAX_LIVE);
  const offsetMs = liveOffsetMs(track, policy);
  if (offsetMs === null) return { ...track, live };
  const sample: LatencySample = {
    source: 'live',
    atMs: nowMs,
    ms: Math.max(0, ms - offsetMs),
    count: 1,
  };
  return { ...track, live, samples: withLive(track.samples, sample, policy) };
}

/** How much slower live requests are than probes here; null until enough pairs are known. */
export function liveOffsetMs({ pairsMs }: LatencyTrack, policy: LatencyPolicy): number | null {
  return pairsMs.length < policy.pairs ? null : median(pairsMs);
}

/**
 * Live traffic has just become much slower or faster: the next probes should come at once. When it
 * ends there is no more to confirm; while it lasts, pairs with those probes settle the question.
 */
export function isLiveSuspicious(
  { samples, live: reports }: LatencyTrack,
  nowMs: EpochMs,
  policy: LatencyPolicy,
): boolean {
  const newest = reports.at(-1);
  if (newest === undefined || nowMs - newest.atMs > PAIR_WITHIN_MS) return false;
  const live = samples.filter(({ source }) => source === 'live').slice(-policy.changeSamples - 1);
  const [first] = live;
  if (first === undefined) return false;
  // The newest may still be growing.
  const complete = live.slice(0, -1);
  const older = samples.filter(({ atMs }) => atMs < first.atMs);
  return isChange(older, complete, policy);
}

export interface LatencyEstimate {
  readonly latencyMs: number;
  readonly standardErrorMs: number;
  /** Samples that count, after fading. */
  readonly samples: number;
  readonly measuredAtMs: EpochMs;
}

/** Null while there is no sample. */
export function estimateLatency(
  { samples }: LatencyTrack,
  nowMs: EpochMs,
  policy: LatencyPolicy,
): LatencyEstimate | null {
  const newest = samples.at(-1);
  if (newest === undefined) return null;
  const weighted = samples.map((sample) => ({
    value: sample.ms,
    weight:
      (sample.source === 'live' ? policy.liveWeight : 1) *
      2 ** (-Math.max(0, nowMs - sample.atMs) / policy.halfLifeMs),
  }));
  const middle = weightedMedian(weighted);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const squares = weighted.reduce((sum, { weight }) => sum + weight ** 2, 0);
  const effective = total ** 2 / squares;
  const spread = pooledSpread(weighted, middle, { effective, policy });
  const reach = policy.clipSpreads * spread;
  const latencyMs =
    weighted.reduce(
      (sum, { value, weight }) => sum + weight * clamp(value, middle - reach, middle + reach),
      0,
    ) / total;
  const ageMinutes = Math.max(0, nowMs - newest.atMs) / 60_000;
  const driftMs = policy.driftRatioPerMinute * latencyMs * ageMinutes;
  return {
    latencyMs,
    standardErrorMs: Math.hypot(spread / Math.sqrt(effective), driftMs),
    samples: effective,
    measuredAtMs: newest.atMs,
  };
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The spread of the samples, drawn to the assumed one while they are few. */
function pooledSpread(
  weighted: readonly Weighted[],
  middle: number,
  { effective, policy }: { readonly effective: number; readonly policy: LatencyPolicy },
): number {
  const seen = weightedMedian(
    weighted.map(({ value, weight }) => ({ value: Math.abs(value - middle), weight })),
  );
  const assumed = policy.priorSpreadRatio * middle;
  const variance =
    ((seen * NORMAL_FROM_MEDIAN) ** 2 * effective + assumed ** 2 * policy.priorSamples) /
    (effective + policy.priorSamples);
  return Math.max(Math.sqrt(variance), LEAST_SPREAD_RATIO * middle, 1);
}

/** Live reports within one bucket become one sample. */
function withLive(
  samples: readonly LatencySample[],
  sample: LatencySample,
  policy: LatencyPolicy,
): readonly LatencySample[] {
  const index = samples.findLastIndex(({ source }) => source === 'live');
  const bucket = samples[index];
  if (bucket === undefined || sample.atMs - bucket.atMs >= policy.liveBucketMs) {
    return [...samples, sample].slice(-policy.maxSamples);
  }
  const count = bucket.count + 1;
  const ms = bucket.ms + (sample.ms - bucket.ms) / count;
  return samples.with(index, { ...bucket, ms, count });
}

/** Forgets what was before a lasting change of level, which probes alone can prove. */
function sinceChange(
  samples: readonly LatencySample[],
  policy: LatencyPolicy,
): readonly LatencySample[] {
  const probes = samples.filter(({ source }) => source === 'probe');
  const recent = probes.slice(-policy.changeSamples);
  const [first] = recent;
  if (first === undefined) return samples;
  const older = samples.filter(({ atMs }) => atMs < first.atMs);
  return isChange(older, recent, policy)
    ? samples.filter(({ atMs, source }) => atMs >= first.atMs && source === 'probe')
    : samples;
}

/** Whether all recent samples lie clearly on the same side of the older ones. */
function isChange(
  older: readonly LatencySample[],
  recent: readonly LatencySample[],
  policy: LatencyPolicy,
): boolean {
  if (older.length < policy.changeSamples || recent.length < policy.changeSamples) return false;
  const values = older.map(({ ms }) => ms);
  const middle = median(values);
  const deviation = medianDeviation(values, middle) * NORMAL_FROM_MEDIAN;
  const reach = policy.changeSpreads * Math.max(deviation, LEAST_SPREAD_RATIO * middle, 1);
  return (
    recent.every(({ ms }) => ms > middle + reach) || recent.every(({ ms }) => ms < middle - reach)
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
