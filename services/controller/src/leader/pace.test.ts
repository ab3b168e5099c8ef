import { DEFAULT_POLICY, epochMs, initialWorld, isSystemIdle } from '@zephyr/core';
import { parseConfig } from '@zephyr/runtime/config/load';
import { expect, it } from 'vitest';

import { coreConfigOf } from './core-config.ts';
import { BUSY, leaderPace } from './pace.ts';

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
  const { tickMs, longestWaitMs } = leaderPace(settled, LATER_MS);
  expect(tickMs).toBeGreaterThan(BUSY.tickMs);
  expect(tickMs).toBeLessThan(DEFAULT_POLICY.presence.ttlMs);
  expect(longestWaitMs).toBeLessThan(tickMs);
});

it('decides as often as proxies report while there is something to do', () => {
  expect(leaderPace(settled, AT_MS)).toBe(BUSY);
});
