import type { Policy } from '../policy.ts';
import type { EpochMs } from '../types.ts';
import { estimateLatency, type LatencyTrack } from './latency.ts';
import { excessOf, type LiveTimes } from './live-times.ts';
import { failureCost, type ReliabilityTrack } from './reliability.ts';

/** The expected time to a good answer, and what it is made of: the parts add up to the total. */
export type Score =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'known';
      readonly totalMs: number;
      /** Smoothed latency of recent probes. */
      readonly latencyMs: number;
      /** How much longer people wait here than is usual for what they ask. */
      readonly liveMs: number;
      /** What failures are expected to cost: how often, times the time that one loses. */
      readonly failureMs: number;
      /** One standard error of the latency: little or old data counts against an endpoint. */
      readonly uncertaintyMs: number;
      /** Weighted share of recent attempts that failed. */
      readonly failureRatio: number;
      /** Samples that count, after fading. */
      readonly samples: number;
      /** The newest sample. */
      readonly measuredAtMs: EpochMs;
    };

/** What is known of an endpoint's speed and soundness. */
export interface Tracks {
  readonly latency: LatencyTrack;
  readonly reliability: ReliabilityTrack;
  readonly times: LiveTimes;
}

export function scoreOf(tracks: Tracks, nowMs: EpochMs, policy: Policy): Score {
  const latency = estimateLatency(tracks.latency, nowMs, policy.latency);
  if (latency === null) return { status: 'unknown' };
  const live = excessOf(tracks.times, nowMs, policy.live);
  const uncertaintyMs = Math.hypot(latency.standardErrorMs, live.standardErrorMs);
  const failure = failureCost(tracks.reliability, nowMs, policy.failure);
  return {
    status: 'known',
    totalMs: latency.latencyMs + live.excessMs + failure.failureMs + uncertaintyMs,
    latencyMs: latency.latencyMs,
    liveMs: live.excessMs,
    failureMs: failure.failureMs,
    uncertaintyMs,
    failureRatio: failure.failureRatio,
    samples: latency.samples,
    measuredAtMs: Math.max(latency.measuredAtMs, live.measuredAtMs ?? 0) as EpochMs,
  };
}
