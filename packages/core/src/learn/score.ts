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
      /** By how much people wait longer here than is usual for their requests. */
      readonly liveMs: number;
      /** The expected cost of failures: their probability times the time that one loses. */
      readonly failureMs: number;
      /** One standard error of the latency: few or old samples count against an endpoint. */
      readonly uncertaintyMs: number;
      /** Weighted share of recent attempts that failed. */
      readonly failureRatio: number;
      /** The effective number of samples after decay. */
      readonly samples: number;
      /** When the newest sample was taken. */
      readonly measuredAtMs: EpochMs;
    };

/** What is known of an endpoint's speed and failures. */
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
