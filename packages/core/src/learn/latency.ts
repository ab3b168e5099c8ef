import type { EpochMs } from '@zephyr/contract/scalars';
import { MINUTE_MS } from '@zephyr/contract/units';

import { median, medianDeviation, weightedMedian } from './time-summary.ts';

/** In `latency` of the policy. */
export interface LatencyPolicy {
  /** The weight of a sample halves in this time. */
  readonly halfLifeMs: number;
  /** Maximum number of samples per endpoint. */
  readonly maxSamples: number;
  /** Values farther than this many spreads from the median are clipped. */
  readonly clipSpreads: number;
  /** After this many consecutive samples beyond `changeSpreads` on one side, older ones are dropped. */
  readonly changeSamples: number;
  readonly changeSpreads: number;
  /** Prior of the spread, as a share of the latency, and how many samples it counts for. */
  readonly priorSpreadRatio: number;
  readonly priorSamples: number;
  /** How far a latency may drift per minute without a sample, as a share of it. */
  readonly driftRatioPerMinute: number;
}

export const LATENCY_NUMBERS: LatencyPolicy = {
  halfLifeMs: 180_000,
  maxSamples: 48,
  clipSpreads: 3,
  changeSamples: 3,
  changeSpreads: 2.5,
  priorSpreadRatio: 0.2,
  priorSamples: 2,
  driftRatioPerMinute: 0.02,
};

/**
 * How fast an endpoint answers probes, which are all alike. Older samples weigh less, outliers are
 * clipped, and if the newest probes all differ from the older ones in the same direction the older ones
 * are dropped immediately. How long people wait is another part of the score: `live-excess.ts`.
 */
export interface LatencyTrack {
  /** Oldest first. */
  readonly samples: readonly LatencySample[];
}

interface LatencySample {
  readonly atMs: EpochMs;
  readonly ms: number;
}

export const NO_LATENCY: LatencyTrack = { samples: [] };

/** The minimum spread, as a share of the latency: clocks and schedulers jitter. */
const MIN_SPREAD_RATIO = 0.03;
/** Standard deviation of a normal distribution as a multiple of its median absolute deviation. */
const NORMAL_FROM_MEDIAN = 1.4826;

export interface NewSample {
  readonly ms: number;
  readonly epochMs: EpochMs;
  readonly policy: LatencyPolicy;
}

export function addProbeLatency(
  { samples }: LatencyTrack,
  { ms, epochMs, policy }: NewSample,
): LatencyTrack {
  const all = [...samples, { atMs: epochMs, ms }].slice(-policy.maxSamples);
  return { samples: sinceChange(all, policy) };
}

export interface LatencyEstimate {
  readonly latencyMs: number;
  readonly standardErrorMs: number;
  /** The effective number of samples after decay. */
  readonly samples: number;
  readonly measuredAtMs: EpochMs;
}

/** Null without samples. */
export function estimateLatency(
  { samples }: LatencyTrack,
  epochMs: EpochMs,
  policy: LatencyPolicy,
): LatencyEstimate | null {
  const newest = samples.at(-1);
  if (newest === undefined) return null;
  const { latencyMs, spread, effective } = figuresOf(samples, newest.atMs, policy);
  const ageMinutes = Math.max(0, epochMs - newest.atMs) / MINUTE_MS;
  const driftMs = policy.driftRatioPerMinute * latencyMs * ageMinutes;
  return {
    latencyMs,
    standardErrorMs: Math.hypot(spread / Math.sqrt(effective), driftMs),
    samples: effective,
    measuredAtMs: newest.atMs,
  };
}

interface SampleFigures {
  readonly latencyMs: number;
  readonly spread: number;
  /** The effective number of samples after decay. */
  readonly effective: number;
}

/** A cache: every decision reads them, and they change only with a probe. */
const KNOWN = new WeakMap<
  LatencyTrack['samples'],
  { readonly policy: LatencyPolicy; readonly figures: SampleFigures }
>();

/** Weights are relative to the newest sample: over time, all of them decay alike. */
function figuresOf(
  samples: LatencyTrack['samples'],
  newestAtMs: EpochMs,
  policy: LatencyPolicy,
): SampleFigures {
  const known = KNOWN.get(samples);
  if (known?.policy === policy) return known.figures;
  const weighted = samples.map((sample) => ({
    value: sample.ms,
    weight: 2 ** (-Math.max(0, newestAtMs - sample.atMs) / policy.halfLifeMs),
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
  const figures = { latencyMs, spread, effective };
  KNOWN.set(samples, { policy, figures });
  return figures;
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The spread of the samples, pulled towards a prior while they are few. */
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
  return Math.max(Math.sqrt(variance), MIN_SPREAD_RATIO * middle, 1);
}

/** Drops the samples from before a lasting change of level. */
function sinceChange(
  samples: readonly LatencySample[],
  policy: LatencyPolicy,
): readonly LatencySample[] {
  const recent = samples.slice(-policy.changeSamples);
  const [first] = recent;
  if (first === undefined) return samples;
  const older = samples.filter(({ atMs }) => atMs < first.atMs);
  return isChange(older, recent, policy)
    ? samples.filter(({ atMs }) => atMs >= first.atMs)
    : samples;
}

/** Whether all recent samples are clearly on the same side of the older ones. */
function isChange(
  older: readonly LatencySample[],
  recent: readonly LatencySample[],
  policy: LatencyPolicy,
): boolean {
  if (older.length < policy.changeSamples || recent.length < policy.changeSamples) return false;
  const values = older.map(({ ms }) => ms);
  const middle = median(values);
  const deviation = medianDeviation(values, middle) * NORMAL_FROM_MEDIAN;
  const reach = policy.changeSpreads * Math.max(deviation, MIN_SPREAD_RATIO * middle, 1);
  return (
    recent.every(({ ms }) => ms > middle + reach) || recent.every(({ ms }) => ms < middle - reach)
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
