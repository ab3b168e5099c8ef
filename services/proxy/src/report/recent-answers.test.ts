import { endpointId } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { RecentAnswers } from './recent-answers.ts';

const one = endpointId('one');

describe('recent answers of an endpoint', () => {
  it('is empty before the first request', () => {
    expect(new RecentAnswers(new ManualClock()).factsOf(one)).toEqual({
      ...{ latency: null, last_success_ago_ms: null, last_failure: null, rate_limits: [] },
    });
  });

  it('has the last time, their mean and 95th percentile, of the last fifty', () => {
    const recent = new RecentAnswers(new ManualClock());
    recent.firstContent(one, 9_999);
    for (let ms = 1; ms <= 50; ms += 1) recent.firstContent(one, 51 - ms);
    const { latency } = recent.factsOf(one);
    expect(latency).toMatchObject({ last_ms: 1, mean_ms: 26, p95_ms: 48 });
    expect(latency?.history_ms).toHaveLength(50);
    expect(latency?.history_ms.slice(0, 2)).toEqual([50, 49]);
    expect(recent.factsOf(endpointId('two')).latency).toBeNull();
  });

  it('shows how long ago the last good answer and the last failure were', () => {
    const clock = new ManualClock();
    const recent = new RecentAnswers(clock);
    recent.succeeded(one);
    clock.advance(2_000);
    recent.failed(one, 'overloaded');
    clock.advance(500);
    expect(recent.factsOf(one)).toMatchObject({
      ...{ last_success_ago_ms: 2_500, last_failure: { failure: 'overloaded', ago_ms: 500 } },
    });
  });

  it('has each rate limit as last reported, until it is reset', () => {
    const clock = new ManualClock();
    const recent = new RecentAnswers(clock);
    const requests = { remainingShare: 0.5, remaining: 5, limit: 10, resetsInMs: 60_000 };
    recent.limitsSeen(one, { requests, tokens: { remainingShare: 0.9, resetsInMs: 1_000 } });
    recent.limitsSeen(one, { requests: { ...requests, remainingShare: 0.4, remaining: 4 } });
    clock.advance(1_000);
    expect(recent.factsOf(one).rate_limits).toEqual([
      { kind: 'requests', remaining_share: 0.4, remaining: 4, limit: 10, resets_in_ms: 59_000 },
    ]);
  });
});
