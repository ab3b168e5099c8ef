import { endpointId } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { RecentAnswers } from './recent-answers.ts';

const one = endpointId('one');

describe('recent answers of an endpoint', () => {
  it('is empty before the first request', () => {
    expect(new RecentAnswers(new ManualClock()).factsOf(one)).toEqual({
      ...{ latency: null, succeededAtMs: undefined, failed: undefined, limits: [] },
    });
  });

  it('has the last time, their mean and 95th percentile, of the last fifty', () => {
    const recent = new RecentAnswers(new ManualClock());
    recent.firstContent(one, 9_999);
    for (let ms = 1; ms <= 50; ms += 1) recent.firstContent(one, 51 - ms);
    const { latency } = recent.factsOf(one);
    expect(latency).toMatchObject({ lastMs: 1, meanMs: 26, p95Ms: 48 });
    expect(latency?.historyMs).toHaveLength(50);
    expect(latency?.historyMs.slice(0, 2)).toEqual([50, 49]);
    expect(recent.factsOf(endpointId('two')).latency).toBeNull();
  });

  it('has when the last good answer and the last failure were', () => {
    const clock = new ManualClock();
    const recent = new RecentAnswers(clock);
    recent.succeeded(one);
    clock.advance(2_000);
    recent.failed(one, 'overloaded');
    const atMs = clock.nowMs();
    expect(recent.factsOf(one)).toMatchObject({
      ...{ succeededAtMs: atMs - 2_000, failed: { failure: 'overloaded', atMs } },
    });
  });

  it('has each rate limit as last reported, until it is reset', () => {
    const clock = new ManualClock();
    const recent = new RecentAnswers(clock);
    const requests = { remainingShare: 0.5, remaining: 5, limit: 10, resetsInMs: 60_000 };
    recent.limitsSeen(one, { requests, tokens: { remainingShare: 0.9, resetsInMs: 1_000 } });
    recent.limitsSeen(one, { requests: { ...requests, remainingShare: 0.4, remaining: 4 } });
    clock.advance(1_000);
    const resetsAtMs = clock.nowMs() + 59_000;
    expect(recent.factsOf(one).limits).toEqual([
      ['requests', expect.objectContaining({ remainingShare: 0.4, remaining: 4, resetsAtMs })],
    ]);
  });
});
