/** The order of endpoints by score. Imports only types, so that the core and the browser load it. */
import type { Score } from './score.ts';

type Ranked =
  | Pick<Extract<Score, { readonly status: 'known' }>, 'status' | 'totalMs'>
  | Extract<Score, { readonly status: 'unknown' }>;

/** The lower, the better; unknown scores come last. */
export function rankingMs(score: Ranked): number {
  return score.status === 'known' ? score.totalMs : Number.MAX_VALUE;
}
