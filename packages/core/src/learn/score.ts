import type { Score } from '@zephyr/contract/decide/score';
import type { EpochMs } from '@zephyr/contract/scalars';

import { excessOf, type LivePolicy, type LiveTimes } from './live-excess.ts';
import {
  estimateProbeLatency,
  type ProbeLatency,
  type ProbeLatencyPolicy,
} from './probe-latency.ts';
import {
  limitCostMs,
  NO_RATE_LIMITS,
  type RateLimitPolicy,
  type RateLimits,
} from './rate-limit-headroom.ts';
import { type FailurePolicy, failureCost, type ReliabilityTrack } from './reliability.ts';

/** What is known about an endpoint's speed and failures. */
export interface Tracks {
  readonly latency: ProbeLatency;
  readonly reliability: ReliabilityTrack;
  /** Live times to first token. */
  readonly times: LiveTimes;
  /** The limits of its token, as reported in its answers. Absent: none are known. */
  readonly rateLimits?: RateLimits | undefined;
  /** Its handicap from the configuration: see `decide/assess/preference.ts`. */
  readonly preferenceMs: number;
}

/** The tables of the policy that a score depends on. */
export interface ScoreTables {
  readonly latency: ProbeLatencyPolicy;
  readonly live: LivePolicy;
  readonly failure: FailurePolicy;
  readonly rateLimit: RateLimitPolicy;
}

/** @param styleOffsetMs how much longer a CLI probe usually takes than a direct request */
export function scoreOf(
  tracks: Tracks,
  epochMs: EpochMs,
  policy: ScoreTables,
  styleOffsetMs = 0,
): Score {
  const latency = estimateProbeLatency(tracks.latency, styleOffsetMs, {
    epochMs,
    policy: policy.latency,
  });
  if (latency === null) return { status: 'unknown' };
  const live = excessOf(tracks.times, epochMs, policy.live);
  // The live excess already excludes what may be chance.
  const uncertaintyMs = latency.standardErrorMs;
  const failure = failureCost(tracks.reliability, epochMs, policy.failure);
  const rateLimitMs = limitCostMs(tracks.rateLimits ?? NO_RATE_LIMITS, epochMs, policy.rateLimit);
  return {
    status: 'known',
    totalMs:
      latency.latencyMs +
      live.excessMs +
      failure.failureMs +
      rateLimitMs +
      tracks.preferenceMs +
      uncertaintyMs,
    latencyMs: latency.latencyMs,
    liveMs: live.excessMs,
    failureMs: failure.failureMs,
    ...(rateLimitMs === 0 ? {} : { rateLimitMs }),
    preferenceMs: tracks.preferenceMs,
    uncertaintyMs,
    failureRatio: failure.failureRatio,
    samples: latency.samples,
    measuredAtMs: Math.max(latency.measuredAtMs, live.measuredAtMs ?? 0) as EpochMs,
  };
}
