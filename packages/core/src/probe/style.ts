import type { ProbeStyle } from '../types.ts';

/** The styles that may stand in between two real checks: cheaper, or free. */
export const CHEAP_STYLES = ['none', 'messages', 'http', 'tcp'] as const;
export type CheapStyle = (typeof CHEAP_STYLES)[number];

export interface StyleQuestion {
  /** The style whose verdict counts. */
  readonly real: ProbeStyle;
  /** What is done in between; `none`: every check is a real one. */
  readonly cheap: CheapStyle;
  /** `cheaper`: the group's daily budget is nearly spent. */
  readonly spending: 'normal' | 'cheaper';
  /**
   * The last real check passed less than `real_interval_seconds` ago, and no check has failed
   * since: a cheap check that fails, or the first after a failure, is followed by a real one.
   */
  readonly realIsFresh: boolean;
  /** `real`: a person asks, or a decision waits for the answer. */
  readonly wants: 'any' | 'real';
}

/**
 * The style of the next check.
 *
 * Short of money, only the configured cheap style or a free one: a `messages` check in the place
 * of a CLI one would fail at endpoints that accept only what looks like Claude Code.
 */
export function chooseStyle(question: StyleQuestion): ProbeStyle {
  const { real, cheap, spending, realIsFresh, wants } = question;
  if (isFree(real)) return real;
  if (spending === 'cheaper') return cheap === 'none' ? 'http' : cheap;
  if (cheap === 'none' || wants === 'real' || !realIsFresh) return real;
  return cheap;
}

/** Whether a check of this style spends no tokens. */
function isFree(style: ProbeStyle): boolean {
  return style === 'http' || style === 'tcp';
}
