import { describe, expect, it } from 'vitest';

import { rateLimitsOf } from './rate-limit-headers.ts';

const NOW = Date.UTC(2026, 10, 28, 12);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const counts = (kind: string, remaining: string, limit: string, reset = at(30)) => ({
  [`anthropic-ratelimit-${kind}-remaining`]: remaining,
  [`anthropic-ratelimit-${kind}-limit`]: limit,
  [`anthropic-ratelimit-${kind}-reset`]: reset,
});

describe('rateLimitsOf', () => {
  it.each([
    { name: 'nothing', headers: { 'content-type': 'text/event-stream' }, limits: undefined },
    {
      name: 'counts',
      headers: { ...counts('requests', '5', '50'), ...counts('input-tokens', '80000', '80000') },
      limits: {
        requests: { remaining: 5, limit: 50, remainingShare: 0.1, resetsInMs: 30_000 },
        'input-tokens': { remaining: 80_000, limit: 80_000, remainingShare: 1, resetsInMs: 30_000 },
      },
    },
    {
      name: 'the windows of a subscription, with a reset in seconds since 1970',
      headers: {
        'anthropic-ratelimit-unified-status': 'allowed',
        'anthropic-ratelimit-unified-5h-utilization': '0.75',
        'anthropic-ratelimit-unified-5h-reset': String(NOW / 1000 + 60),
        'anthropic-ratelimit-unified-7d-utilization': '1.2',
        'anthropic-ratelimit-unified-7d-reset': String(NOW / 1000 + 600),
      },
      limits: {
        'unified-5h': { remainingShare: 0.25, resetsInMs: 60_000 },
        'unified-7d': { remainingShare: 0, resetsInMs: 600_000 },
      },
    },
    {
      name: 'a reset that has passed',
      headers: counts('requests', '0', '50', at(-5)),
      limits: { requests: { remaining: 0, limit: 50, remainingShare: 0, resetsInMs: 0 } },
    },
    {
      name: 'fractions as whole requests',
      headers: counts('requests', '2.5', '50.5'),
      limits: {
        requests: { remaining: 2, limit: 50, remainingShare: 2.5 / 50.5, resetsInMs: 30_000 },
      },
    },
    {
      name: 'more remaining than the limit',
      headers: counts('requests', '60', '50'),
      limits: { requests: { remaining: 60, limit: 50, remainingShare: 1, resetsInMs: 30_000 } },
    },
    {
      name: 'no limit beside what remains',
      headers: {
        ...counts('requests', '5', '50'),
        'anthropic-ratelimit-requests-limit': undefined,
      },
      limits: undefined,
    },
    {
      name: 'no share',
      headers: {
        'anthropic-ratelimit-unified-5h-utilization': 'most',
        'anthropic-ratelimit-unified-5h-reset': at(60),
      },
      limits: undefined,
    },
    { name: 'no number', headers: counts('requests', 'many', '50'), limits: undefined },
    { name: 'a negative number', headers: counts('requests', '-1', '50'), limits: undefined },
    { name: 'a limit of nothing', headers: counts('requests', '0', '0'), limits: undefined },
    { name: 'no moment', headers: counts('requests', '1', '2', 'soon'), limits: undefined },
    { name: 'a kind that nobody knows', headers: counts('dreams', '1', '2'), limits: undefined },
  ])('reads $name', ({ headers, limits }) => {
    expect(rateLimitsOf(headers, NOW)).toEqual(limits);
  });
});
