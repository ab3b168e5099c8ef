import { estimateLatency } from './latency.ts';
import type { Policy } from './policy.ts';
import { failureCost } from './reliability.ts';
import type { EpochMs } from './types.ts';
import type { EndpointState } from './world.ts';

/** The expected time to a good answer, and what it is made of: the parts add up to the total. */
export type Score =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'known';
      readonly totalMs: number;
      /** Smoothed latency of recent probes and live traffic. */
      readonly latencyMs: number;
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

export type KnownScore = Extract<Score, { status: 'known' }>;

export function scoreOf(endpoint: EndpointState, nowMs: EpochMs, policy: Policy): Score {
  const latency = estimateLatency(endpoint.latency, nowMs, policy.latency);
  if (latency === null) return { status: 'unknown' };
  const failure = failureCost(endpoint.reliability, nowMs, policy.failure);
  return {
    status: 'known',
    totalMs: latency.latencyMs + failure.failureMs + latency.standardErrorMs,
    latencyMs: latency.latencyMs,
    failureMs: failure.failureMs,
    uncertaintyMs: latency.standardErrorMs,
    failureRatio: failure.failureRatio,
    samples: latency.samples,
    measuredAtMs: latency.measuredAtMs,
  };
}
