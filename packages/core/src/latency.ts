import type { LatencyPolicy } from './policy.ts';
import { median, medianDeviation, weightedMedian } from './statistics.ts';
import type { EpochMs } from './types.ts';

/**
 * How soon an endpoint answers. Samples of probes and of live traffic are kept together, each with
 * its moment; older ones weigh less, outliers are pulled in, and when the newest all disagree with
 * the older ones in the same direction the older ones are forgotten at once.
 *
 * Live requests are slower than probes by what people ask, not by the endpoint: their time is
 * entered after subtracting an offset, which is learned where one endpoint had both.
 */
export interface LatencyTrack {
  /** Oldest first, in the probes' scale. */
  readonly samples: readonly LatencySample[];
  /** Live times as measured, smoothed; to be paired with the next probe. */
  readonly live: { readonly ms: number; readonly atMs: EpochMs } | null;
  /** How much slower live requests are than probes on this endpoint. */
  readonly offset: { readonly ms: number; readonly atMs: EpochMs } | null;
}

export interface LatencySample {
  readonly source: 'probe' | 'live';
  /** Start of the time that the sample stands for. */
  readonly atMs: EpochMs;
  readonly ms: number;
  /** Measurements in it. */
  readonly count: number;
}

export const NO_LATENCY: LatencyTrack = { samples: [], live: null, offset: null };

/** A pair moves the offset by this share of the difference: one probe is noisy. */
const OFFSET_STEP = 0.2;
/** A report moves the smoothed live time by this share. */
const LIVE_STEP = 0.2;
/** Live traffic older than this is not paired with a probe. */
const PAIR_WITHIN_MS = 60_000;
/** Spreads below this share of the latency are not believed: clocks and schedulers jitter. */
const LEAST_SPREAD_RATIO = 0.03;

export interface Measured {
  readonly ms: number;
  readonly nowMs: EpochMs;
  readonly policy: LatencyPolicy;
}

export function addProbeLatency(
  track: LatencyTrack,
  { ms, nowMs, policy }: Measured,
): LatencyTrack {
  const { live, offset } = track;
  const isPair = live !== null && nowMs - live.atMs <= PAIR_WITHIN_MS;
  return {
    samples: remember(track.samples, { source: 'probe', atMs: nowMs, ms, count: 1 }, policy),
    live,
    offset: isPair ? { ms: moved(offset?.ms, live.ms - ms, OFFSET_STEP), atMs: nowMs } : offset,
  };
}

export interface LiveMeasured {
  /** Times to the first token; at least one. */
  readonly ttftMs: readonly number[];
  /** How much slower live requests are, learned over all endpoints; null: not known yet. */
  readonly offsetMs: number | null;
  readonly nowMs: EpochMs;
  readonly policy: LatencyPolicy;
}

export function addLiveLatency(track: LatencyTrack, measured: LiveMeasured): LatencyTrack {
  const { nowMs, policy } = measured;
  const raw = median(measured.ttftMs);
  const isFresh = track.live !== null && nowMs - track.live.atMs <= PAIR_WITHIN_MS;
  const smoothed = moved(isFresh ? track.live?.ms : undefined, raw, LIVE_STEP);
  const live = { ms: smoothed, atMs: nowMs };
  // Without any pair yet, live traffic is taken to be as fast as this endpoint's probes were.
  const known = estimateLatency(track, nowMs, policy);
  const offset =
    measured.offsetMs === null && known !== null
      ? { ms: raw - known.latencyMs, atMs: nowMs }
      : track.offset;
  const ms = Math.max(0, raw - (measured.offsetMs ?? offset?.ms ?? 0));
  const sample = { source: 'live', atMs: nowMs, ms, count: measured.ttftMs.length } as const;
  return { samples: remember(track.samples, sample, policy), live, offset };
}

/** How much slower live requests are than probes: the middle over all endpoints that know. */
export function pooledOffsetMs(
  tracks: readonly LatencyTrack[],
  nowMs: EpochMs,
  policy: LatencyPolicy,
): number | null {
  const known = tracks
    .map(({ offset }) => offset)
    .filter((offset) => offset !== null && nowMs - offset.atMs <= policy.offsetMemoryMs)
    .map((offset) => offset?.ms ?? 0);
  return known.length === 0 ? null : median(known);
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
      Math.min(sample.count, sample.source === 'live' ? policy.maxLiveWeight : 1) *
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

/** The median deviation of a normal distribution is so many times smaller than its standard one. */
const NORMAL_FROM_MEDIAN = 1.4826;

function remember(
  samples: readonly LatencySample[],
  sample: LatencySample,
  policy: LatencyPolicy,
): readonly LatencySample[] {
  const last = samples.at(-1);
  const isSameBucket =
    sample.source === 'live' &&
    last?.source === 'live' &&
    sample.atMs - last.atMs < policy.liveBucketMs;
  if (isSameBucket) {
    const count = last.count + sample.count;
    const ms = (last.ms * last.count + sample.ms * sample.count) / count;
    return [...samples.slice(0, -1), { ...last, ms, count }];
  }
  return sinceChange([...samples, sample].slice(-policy.maxSamples), policy);
}

/** Forgets what was before a lasting change of level. */
function sinceChange(
  samples: readonly LatencySample[],
  policy: LatencyPolicy,
): readonly LatencySample[] {
  const recent = samples.slice(-policy.changeSamples).map(({ ms }) => ms);
  const older = samples.slice(0, -policy.changeSamples).map(({ ms }) => ms);
  if (older.length < policy.changeSamples) return samples;
  const middle = median(older);
  const spread = Math.max(
    medianDeviation(older, middle) * NORMAL_FROM_MEDIAN,
    LEAST_SPREAD_RATIO * middle,
    1,
  );
  const reach = policy.changeSpreads * spread;
  const isChange =
    recent.every((ms) => ms > middle + reach) || recent.every((ms) => ms < middle - reach);
  return isChange ? samples.slice(-policy.changeSamples) : samples;
}

function moved(from: number | undefined, to: number, step: number): number {
  return from === undefined ? to : from + step * (to - from);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
