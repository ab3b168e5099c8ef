import type { ProbeStyle, TokenUsage } from '@zephyr/contract/probe';
import type { CheapStyle } from '@zephyr/core';

/** How the checks of a day are configured. */
export interface Setup {
  readonly name: string;
  readonly real: ProbeStyle;
  readonly cheap: CheapStyle;
  readonly realIntervalMs: number;
  readonly dynamicScaling: boolean;
}

/**
 * Its README: $0.000241 a check by its logs, all endpoints every 60 s. Its CLI tries again by
 * itself for minutes, so that a failed check takes its whole time-out of 15 s.
 */
export const ORIGINAL = { usdPerCheck: 0.000241, noticed: '45 s, 75 s (by its rule)' } as const;

const HOUR_MS = 3_600_000;
const defaults: Setup = {
  name: 'Zephyr, defaults (`cli` every 60 s)',
  real: 'cli',
  cheap: 'none',
  realIntervalMs: HOUR_MS,
  dynamicScaling: false,
};

export const SETUPS: readonly Setup[] = [
  defaults,
  { ...defaults, name: '`cli`, `dynamic_scaling`', dynamicScaling: true },
  { ...defaults, name: '`messages` every 60 s', real: 'messages' },
  { ...defaults, name: '`cli` hourly, `messages` between', cheap: 'messages' },
  { ...defaults, name: '`cli` hourly, `http` between', cheap: 'http' },
  {
    ...defaults,
    name: '`cli` hourly, `http` between, `dynamic_scaling`',
    cheap: 'http',
    dynamicScaling: true,
  },
];

const none: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Of a check that passes, as bench/probe-styles.ts counts them; failed ones are not charged. */
export const USAGE: Readonly<Record<ProbeStyle, TokenUsage>> = {
  cli: { ...none, inputTokens: 135, outputTokens: 5 },
  'cli-light': { ...none, inputTokens: 114, outputTokens: 5 },
  // The API counts about seven tokens for the frame of a message.
  messages: { ...none, inputTokens: 9, outputTokens: 1 },
  http: none,
  tcp: none,
};
