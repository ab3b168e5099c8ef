import type { Score } from '@zephyr/contract/decide/score';

const NAMES = ['latency', 'live', 'failure', 'rateLimit', 'preference', 'uncertainty'] as const;
type Name = (typeof NAMES)[number];
type KnownParts = Pick<Extract<Score, { status: 'known' }>, `${Name}Ms`>;

export interface ScorePart {
  readonly name: Name;
  readonly ms: number;
}

/** The parts of a score, in display order. */
export function scoreParts(score: KnownParts): readonly ScorePart[] {
  return NAMES.map((name) => ({ name, ms: score[`${name}Ms`] ?? 0 }));
}
