import type { ConfiguredStyle, ProbeStyle, TokenUsage } from '@zephyr/contract/probe/probe';
import { HOUR_MS } from '@zephyr/contract/units';
import type { CheapStyle } from '@zephyr/core';

/** The probe configuration of a day. */
export interface Setup {
  readonly name: string;
  readonly style: ConfiguredStyle;
  readonly cheap: CheapStyle;
  readonly realIntervalMs: number;
  readonly dynamicScaling: boolean;
  /** Endpoints that accept only requests that look like Claude Code. */
  readonly cliOnly: number;
}

/**
 * Its README: $0.000241 per check by its logs, all endpoints every 60 s. Its CLI retries by itself for
 * minutes, so that a failed check takes the whole timeout of 15 s.
 */
export const ORIGINAL = { usdPerCheck: 0.000241, noticed: '45 s, 75 s (by its rule)' } as const;

const cli: Setup = {
  name: '`cli` every 60 s',
  style: 'cli',
  cheap: 'none',
  realIntervalMs: HOUR_MS,
  dynamicScaling: false,
  cliOnly: 0,
};
const auto: Setup = { ...cli, name: '**Zephyr, defaults (`auto`)**', style: 'auto' };

export const SETUPS: readonly Setup[] = [
  auto,
  { ...auto, name: '`auto`, one endpoint accepts only the CLI', cliOnly: 1 },
  { ...auto, name: '`auto`, all endpoints accept only the CLI', cliOnly: 5 },
  cli,
  { ...cli, name: '`cli`, `dynamic_scaling`', dynamicScaling: true },
  { ...cli, name: '`messages` every 60 s', style: 'messages' },
  { ...cli, name: '`cli` hourly, `messages` between', cheap: 'messages' },
  { ...cli, name: '`cli` hourly, `http` between', cheap: 'http' },
  {
    ...cli,
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

/** Tokens of a passed probe, as counted by bench/probe-styles.ts; failed ones are not charged. */
export const USAGE: Readonly<Record<ProbeStyle, TokenUsage>> = {
  cli: { ...none, inputTokens: 135, outputTokens: 5 },
  'cli-light': { ...none, inputTokens: 114, outputTokens: 5 },
  // The API counts about seven tokens for the frame of a message.
  messages: { ...none, inputTokens: 9, outputTokens: 1 },
  http: none,
  tcp: none,
};
