/**
 * How fast an endpoint answers probes, by style: the Claude CLI sends a longer prompt than a direct
 * request, and a gateway may treat the two differently, so only times of the same style are compared.
 *
 * Scores are in terms of CLI probes. If an endpoint is measured by direct requests, the usual difference
 * between the styles is added, the same for all endpoints: between two that are measured directly it
 * cancels out, and an endpoint keeps its score when its style changes.
 */
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';

import { probeKindOf } from './health.ts';
import {
  addProbeLatency,
  estimateLatency,
  LATENCY_NUMBERS,
  type LatencyEstimate,
  type LatencyPolicy,
  type LatencyTrack,
  NO_LATENCY,
} from './latency.ts';
import { median } from './time-summary.ts';

/** In `latency` of the policy. */
export interface ProbeLatencyPolicy extends LatencyPolicy {
  /** Probes of two styles within `pairMs` form a pair; after `basisMs` without direct ones the CLI counts. */
  readonly pairMs: number;
  readonly basisMs: number;
}

export const PROBE_LATENCY_NUMBERS: ProbeLatencyPolicy = {
  ...LATENCY_NUMBERS,
  pairMs: 120_000,
  basisMs: 300_000,
};

/** The styles whose times are comparable with each other. */
export type LatencyBasis = 'cli' | 'direct';

export interface ProbeLatency {
  readonly cli: LatencyTrack;
  readonly direct: LatencyTrack;
  /** How much longer the CLI takes here than a direct request; null: never measured side by side. */
  readonly offsetMs: number | null;
}

export const NO_PROBE_LATENCY: ProbeLatency = {
  cli: NO_LATENCY,
  direct: NO_LATENCY,
  offsetMs: null,
};

/** Undefined for styles whose times are unrelated to the model. */
export function latencyBasisOf(style: ProbeStyle): LatencyBasis | undefined {
  if (probeKindOf(style) === 'reach') return undefined;
  return style === 'messages' ? 'direct' : 'cli';
}

export interface StyledSample {
  readonly basis: LatencyBasis;
  readonly ms: number;
  readonly epochMs: EpochMs;
  readonly policy: ProbeLatencyPolicy;
}

export function addStyledLatency(latency: ProbeLatency, sample: StyledSample): ProbeLatency {
  const { basis, ...measured } = sample;
  const track = addProbeLatency(latency[basis], measured);
  return { ...latency, [basis]: track, offsetMs: offsetAfter(latency, sample) };
}

/** From one pair; a single pair is noisy, so each moves the previous value only partly. */
const OFFSET_SHARE = 0.3;

function offsetAfter(latency: ProbeLatency, sample: StyledSample): number | null {
  const { basis, ms, epochMs, policy } = sample;
  const other = basis === 'cli' ? latency.direct : latency.cli;
  const newest = other.samples.at(-1);
  const estimate = estimateLatency(other, epochMs, policy);
  const isPair = newest !== undefined && epochMs - newest.atMs <= policy.pairMs;
  // Direct requests are frequent: only the first one after a CLI probe forms a new pair.
  if (!isPair || estimate === null || (basis === 'direct' && latency.offsetMs !== null)) {
    return latency.offsetMs;
  }
  const offsetMs = basis === 'cli' ? ms - estimate.latencyMs : newest.ms - ms;
  return latency.offsetMs === null
    ? offsetMs
    : latency.offsetMs + OFFSET_SHARE * (offsetMs - latency.offsetMs);
}

/** The usual difference between the styles, over all endpoints; 0 if none was measured. */
export function styleOffsetOf(latencies: readonly ProbeLatency[]): number {
  const known = latencies.flatMap(({ offsetMs }) => (offsetMs === null ? [] : [offsetMs]));
  return known.length === 0 ? 0 : median(known);
}

/** The style that currently measures the endpoint; the other one is also used occasionally. */
export function basisOf({ cli, direct }: ProbeLatency, policy: ProbeLatencyPolicy): LatencyBasis {
  const [newestCli, newestDirect] = [cli.samples.at(-1), direct.samples.at(-1)];
  if (newestDirect === undefined) return 'cli';
  if (newestCli === undefined) return 'direct';
  return newestCli.atMs - newestDirect.atMs > policy.basisMs ? 'cli' : 'direct';
}

/** In terms of CLI probes. Null without samples. */
export function estimateProbeLatency(
  latency: ProbeLatency,
  styleOffsetMs: number,
  { epochMs, policy }: { readonly epochMs: EpochMs; readonly policy: ProbeLatencyPolicy },
): LatencyEstimate | null {
  const basis = basisOf(latency, policy);
  const estimate = estimateLatency(latency[basis], epochMs, policy);
  if (estimate === null || basis === 'cli') return estimate;
  return { ...estimate, latencyMs: Math.max(0, estimate.latencyMs + styleOffsetMs) };
}
