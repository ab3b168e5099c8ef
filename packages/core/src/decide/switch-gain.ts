import type { ComparableScores } from './comparable-scores.ts';

/** How much sooner a good answer comes at the other endpoint, in milliseconds. */
export interface GainMs {
  /** By what was measured. */
  readonly fasterMs: number;
  /** With what the configuration prefers. */
  readonly gainMs: number;
}

export function gainMsOf({ from, to }: Pick<ComparableScores, 'from' | 'to'>): GainMs {
  const costMs = (score: typeof from) =>
    score.latencyMs + score.liveMs + score.failureMs + (score.limitMs ?? 0);
  const fasterMs = costMs(from) - costMs(to);
  return { fasterMs, gainMs: fasterMs + from.preferenceMs - to.preferenceMs };
}
