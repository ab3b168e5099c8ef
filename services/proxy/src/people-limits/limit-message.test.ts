import { expect, it } from 'vitest';

import { limitMessage } from './limit-message.ts';
import type { OverLimit } from './people-limits.ts';

const RESETS_AT_MS = Date.UTC(2026, 11, 2);
const over = (changes: Partial<OverLimit>): OverLimit =>
  ({
    ...{ of: 'person', name: 'ann', limit: 'budget_usd_per_day', used: 1, allowed: 1 },
    ...{ resetsAtMs: RESETS_AT_MS, ...changes },
  }) as OverLimit;
const team = { of: 'team', name: 'core' } as const;
const RESETS = 'it resets at 2026-12-02 00:00:00 UTC';

it.each<[Partial<OverLimit>, string]>([
  [
    { used: 5.5, allowed: 5 },
    `your daily budget is spent ($5.50 of $5.00); ${RESETS}; for more, ask your operator`,
  ],
  [
    { ...team, limit: 'budget_usd_per_week', used: 0.51234, allowed: 0.5 },
    `the weekly budget of team core is spent ($0.5123 of $0.5000); ${RESETS}; for more, ask your operator`,
  ],
  [
    { limit: 'budget_usd_per_month', used: 1, allowed: 1 },
    `your monthly budget is spent ($1.00 of $1.00); ${RESETS}; for more, ask your operator`,
  ],
  [
    { limit: 'requests_per_minute', allowed: 20 },
    `your limit of 20 requests per minute is reached; ${RESETS}`,
  ],
  [
    { ...team, limit: 'tokens_per_minute', allowed: 9_000 },
    `the limit of 9000 tokens per minute of team core is reached; ${RESETS}`,
  ],
  [
    { limit: 'active_requests', allowed: 3, resetsAtMs: undefined },
    'your limit of 3 concurrent requests is reached; wait until one of them has finished',
  ],
])('%j', (changes, message) => {
  expect(limitMessage(over(changes))).toBe(message);
});
