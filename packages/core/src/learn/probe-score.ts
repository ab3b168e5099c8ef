/**
 * The score from one probe alone, as if nothing else were known about the endpoint. The prober writes it
 * with each result; the controller's score of the endpoint starts there and then includes all results,
 * live times and failures (score.ts).
 */
import type { ProbeResult, ProbeScore, ScoredProbe } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';

import { NO_LIVE_TIMES } from './live-excess.ts';
import { addStyledLatency, latencyBasisOf, NO_PROBE_LATENCY } from './probe-latency.ts';
import { addAttempts, addFailures, failureCost, NO_RELIABILITY } from './reliability.ts';
import { type ScoreTables, scoreOf, type Tracks } from './score.ts';

type ProbedTracks = Pick<Tracks, 'latency' | 'reliability'>;

interface ProbeStep {
  readonly epochMs: EpochMs;
  readonly policy: ScoreTables;
  /** The model is overloaded everywhere: an overload says nothing about this endpoint. */
  readonly isOverloaded: boolean;
}

/** The tracks after one more probe. Passing changes nothing if the probe did not query a model. */
export function addProbe(
  tracks: ProbedTracks,
  { verdict, style }: ProbeResult,
  { epochMs, policy, isOverloaded }: ProbeStep,
): ProbedTracks {
  if (verdict.status === 'failed') {
    const failed = [[verdict.failure, 1]] as const;
    const when = { failed, epochMs, isOverloaded };
    return { ...tracks, reliability: addFailures(tracks.reliability, when, policy.failure) };
  }
  const basis = latencyBasisOf(style);
  if (basis === undefined) return tracks;
  const ms = verdict.firstByteMs ?? verdict.latencyMs;
  return {
    latency: addStyledLatency(tracks.latency, { basis, ms, epochMs, policy: policy.latency }),
    reliability: addAttempts(
      tracks.reliability,
      { succeeded: 1, failed: [], epochMs },
      policy.failure,
    ),
  };
}

/** The result with its score. */
export function scored(result: ProbeResult, policy: ScoreTables): ScoredProbe {
  return { ...result, score: scoreOfProbe(result, policy) };
}

function scoreOfProbe(result: ProbeResult, policy: ScoreTables): ProbeScore {
  const epochMs = result.startedAtMs;
  const nothing = { latency: NO_PROBE_LATENCY, reliability: NO_RELIABILITY };
  const tracks = addProbe(nothing, result, { epochMs, policy, isOverloaded: false });
  const score = scoreOf({ ...tracks, times: NO_LIVE_TIMES, preferenceMs: 0 }, epochMs, policy);
  if (score.status === 'unknown') {
    const { failureMs } = failureCost(tracks.reliability, epochMs, policy.failure);
    return { status: 'unknown', failureMs };
  }
  const { totalMs, latencyMs, failureMs, uncertaintyMs } = score;
  return { status: 'known', totalMs, latencyMs, failureMs, uncertaintyMs };
}
