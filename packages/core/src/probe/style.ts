import type { ProbeStyle } from '@zephyr/contract/probe';

/** The styles of the probes between two real ones: cheaper, or free. */
export const CHEAP_STYLES = ['none', 'messages', 'http', 'tcp'] as const;
export type CheapStyle = (typeof CHEAP_STYLES)[number];

export interface StyleQuestion {
  /** The style of real probes. */
  readonly real: ProbeStyle;
  /** The style in between; `none`: every probe is a real one. */
  readonly cheap: CheapStyle;
  /** `cheaper`: the group's daily budget is nearly spent. */
  readonly spending: 'normal' | 'cheaper';
  /**
   * The last real probe passed less than `real_interval_seconds` ago and none has failed since. So
   * a failed probe is followed by a real one.
   */
  readonly isRealFresh: boolean;
  /** `real`: a person asked, or a decision waits for the result. */
  readonly wants: 'any' | 'real';
}

/**
 * The style of the next probe. When the budget is nearly spent only the configured cheap style or a
 * free one is used: a `messages` probe instead of a CLI one would fail at endpoints that accept
 * only what looks like Claude Code.
 */
export function chooseStyle(question: StyleQuestion): ProbeStyle {
  const { real, cheap, spending, isRealFresh, wants } = question;
  if (isFree(real)) return real;
  if (spending === 'cheaper') return cheap === 'none' ? 'http' : cheap;
  if (cheap === 'none' || wants === 'real' || !isRealFresh) return real;
  return cheap;
}

/** Whether a probe of this style spends no tokens. */
function isFree(style: ProbeStyle): boolean {
  return style === 'http' || style === 'tcp';
}
