import { DEFAULT_POLICY, epochMs, initialWorld, isSystemIdle } from '@zephyr/core';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { expect, it } from 'vitest';

import { coreConfigOf } from './core-config.ts';
import { BUSY, leaderPace, leaderWaitMs, tickDueAtMs } from './pace.ts';

const AT_MS = epochMs(1_700_000_000_000);
const LATER_MS = epochMs(AT_MS + 3_600_000);
const { config } = parseConfig({
  path: 'config.toml',
  text: `
    [[groups]]
    name = "team"
    auth_token_env = "TEAM_TOKEN"
    endpoints = [{ url = "https://one.example.com", name = "One" }]`,
  variables: (name) => (name === 'TEAM_TOKEN' ? 'sk-team-token' : undefined),
});
const world = initialWorld({ atMs: AT_MS, ...coreConfigOf(config) });
const settled = {
  ...world,
  switching: { ...world.switching, phase: { status: 'settled' } as const },
};

it('decides less often while idle, but often enough that the core forgets no proxy', () => {
  expect(isSystemIdle(settled, LATER_MS)).toBe(true);
  const { tickIntervalMs, maxWaitMs } = leaderPace(settled, LATER_MS);
  expect(tickIntervalMs).toBeGreaterThan(BUSY.tickIntervalMs);
  expect(tickIntervalMs).toBeLessThan(DEFAULT_POLICY.presence.ttlMs);
  expect(maxWaitMs).toBeLessThan(tickIntervalMs);
});

it('decides as often as proxies report while there is something to do', () => {
  expect(leaderPace(settled, AT_MS)).toBe(BUSY);
});

it.each([
  ['right after a decision at such a moment, the whole period', 8_003, 12_000],
  ['after one in between, less', 9_500, 12_000],
  ['never more than a period', 9_999, 12_000],
])('an idle leader decides when the lease is renewed: %s', (_when, tickedAtMs, dueAtMs) => {
  expect(tickDueAtMs(tickedAtMs, leaderPace(settled, LATER_MS))).toBe(dueAtMs);
});

it.each([
  ['until the renewal of the lease', { nowMs: 8_003, dueAtMs: 12_000, endsAtMs: 9_995 }],
  ['if that is near, as long as it may', { nowMs: 9_700, dueAtMs: 12_000, endsAtMs: 11_695 }],
  ['at most until a decision is due', { nowMs: 10_003, dueAtMs: 11_000, endsAtMs: 10_995 }],
])('an idle leader waits %s, and ends just before', (_until, { nowMs, dueAtMs, endsAtMs }) => {
  const pace = leaderPace(settled, LATER_MS);
  expect(nowMs + leaderWaitMs(nowMs, dueAtMs - nowMs, pace)).toBe(endsAtMs);
});

it('a busy leader decides a second after the last decision, and reads outcomes in between', () => {
  expect(tickDueAtMs(8_003, BUSY)).toBe(9_003);
  expect(leaderWaitMs(8_003, 1_000, BUSY)).toBe(250);
  expect(leaderWaitMs(8_903, 100, BUSY)).toBe(100);
});
