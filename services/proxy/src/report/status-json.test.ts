import { expect, it } from 'vitest';

import { recentJson } from './status-json.ts';

const NOW_MS = 100_000;
const NOTHING = { latency: null, succeededAtMs: undefined, failed: undefined, limits: [] };

it('has null for what has not happened yet', () => {
  expect(recentJson(NOTHING, NOW_MS)).toEqual({
    ...{ latency: null, last_success_ago_ms: null, last_failure: null, rate_limits: [] },
  });
});

it('has times as ages and remaining times in whole milliseconds, so that no clock needs to agree', () => {
  const latency = { lastMs: 1, meanMs: 2, p95Ms: 3, historyMs: [4, 1] };
  const limit = { remainingShare: 0.4, remaining: 4, limit: 10, resetsAtMs: NOW_MS + 59_000.4 };
  const facts = {
    ...{ latency, succeededAtMs: NOW_MS - 2_500.4 },
    failed: { failure: 'overloaded', atMs: NOW_MS - 500 },
    limits: [['requests', limit]],
  } as const;
  expect(recentJson(facts, NOW_MS)).toEqual({
    latency: { last_ms: 1, mean_ms: 2, p95_ms: 3, history_ms: [4, 1] },
    last_success_ago_ms: 2_500,
    last_failure: { failure: 'overloaded', ago_ms: 500 },
    rate_limits: [
      { kind: 'requests', remaining_share: 0.4, remaining: 4, limit: 10, resets_in_ms: 59_000 },
    ],
  });
});
