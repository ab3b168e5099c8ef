/** A configuration, the state of a leader that has just started, and the input for a batch. */
import type { EpochMs } from '@zephyr/contract/scalars';
import { DAY_MS } from '@zephyr/contract/units';
import { epochMs, initialWorld } from '@zephyr/core';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { coreConfigOf } from '../leader/core-config.ts';
import type { LeaderState, Progress } from '../leader/leader-state.ts';
import type { Reading } from '../leader/read.ts';
import { STREAM_START } from '../leader/streams.ts';
import { NO_STATISTICS } from '../view/statistics.ts';

export const NOON_MS = epochMs(20_000 * DAY_MS + 43_200_000);

export const loaded = parseConfig({
  path: 'config.toml',
  text: `
    [[groups]]
    name = "team"
    auth_token_env = "TEAM_TOKEN"
    endpoints = [
      { url = "https://one.example.com", name = "One" },
      { url = "https://two.example.com", name = "Two" },
      { url = "https://three.example.com", name = "Three" },
    ]
    [groups.health_check]
    daily_budget_usd = 5`,
  variables: (name) => (name === 'TEAM_TOKEN' ? 'sk-team-token' : undefined),
});
export const coreConfig = coreConfigOf(loaded.config);

export const NOTHING_READ = {
  commands: STREAM_START,
  probes: STREAM_START,
  outcomes: STREAM_START,
};

export const freshState = (): LeaderState => ({
  world: initialWorld({ atMs: NOON_MS, ...coreConfig }),
  statistics: NO_STATISTICS,
  cursors: NOTHING_READ,
  budgetWarnings: [],
});

export const freshProgress = (): Progress => ({
  state: freshState(),
  snapshot: undefined,
  loaded: undefined,
  tickedAtMs: 0,
});

/** One second later, with only a tick. */
export function readingOf(change: Partial<Reading> = {}, nowMs: EpochMs = NOON_MS): Reading {
  return {
    ...{ epochMs: nowMs, loaded, coreConfig },
    received: { commands: [], probes: [], outcomes: [], cursors: NOTHING_READ },
    ...{ commands: [], audits: [], presences: [], nextProbes: undefined, configEvent: null },
    budgets: undefined,
    tick: { startedAtMs: 0, elapsedMs: 1_000 },
    ...change,
  };
}
