import type { ComparableScores } from '../assess/comparable-scores.ts';

/** How much sooner a good answer arrives from the other endpoint, in milliseconds. */
export interface GainMs {
  /** As measured. */
  readonly fasterMs: number;
  /** Including the configured preferences. */
  readonly gainMs: number;
}

export function gainMsOf({ from, to }: Pick<ComparableScores, 'from' | 'to'>): GainMs {
  const costMs = (score: typeof from) =>
    score.latencyMs + score.liveMs + score.failureMs + (score.rateLimitMs ?? 0);
  const fasterMs = costMs(from) - costMs(to);
  return { fasterMs, gainMs: fasterMs + from.preferenceMs - to.preferenceMs };
}
