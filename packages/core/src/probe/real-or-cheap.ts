import type {
  ConfiguredStyle,
  ProbeStyle,
  ProbeWants,
  Spending,
} from '@zephyr/contract/probe/probe';

/** The styles of the probes between two real ones: cheaper, or free. */
export const CHEAP_STYLES = ['none', 'messages', 'http', 'tcp'] as const;
export type CheapStyle = (typeof CHEAP_STYLES)[number];

export interface StyleQuestion {
  readonly configured: ConfiguredStyle;
  /** The style in between; `none`: every probe is real, or with `auto` as the core decides. */
  readonly cheap: CheapStyle;
  /** `cheaper`: the group's daily budget is nearly spent. */
  readonly spending: Spending;
  /**
   * The last real probe passed less than `real_interval_seconds` ago and no probe has failed since. So a
   * failed probe is followed by a real one.
   */
  readonly isRealFresh: boolean;
  readonly wants: ProbeWants;
}

/** The style of real probes, which prove that Claude Code works. */
export function realStyleOf(configured: ConfiguredStyle): ProbeStyle {
  return configured === 'auto' ? 'cli' : configured;
}

/**
 * The style of the next probe. When the budget is nearly spent, only the configured cheap style or a free
 * one is used: a `messages` probe instead of a CLI probe would fail at endpoints that accept only what looks
 * like Claude Code.
 */
export function chooseStyle(question: StyleQuestion): ProbeStyle {
  const { configured, cheap, spending, isRealFresh, wants } = question;
  const real = realStyleOf(configured);
  if (isFree(real)) return real;
  if (configured === 'auto' && cheap === 'none') return autoStyle(spending, wants);
  if (spending === 'cheaper') return cheap === 'none' ? 'http' : cheap;
  if (cheap === 'none' || wants === 'real' || !isRealFresh) return real;
  return cheap;
}

/** A connection shows less than `http`, but never fails if the API answers. */
function autoStyle(spending: StyleQuestion['spending'], wants: ProbeWants): ProbeStyle {
  if (wants === 'direct') return 'messages';
  if (wants === 'free') return 'tcp';
  return spending === 'cheaper' ? 'http' : 'cli';
}

/** Whether a probe of this style spends no tokens. */
function isFree(style: ProbeStyle): boolean {
  return style === 'http' || style === 'tcp';
}
