import type { FailureClass } from '@zephyr/contract/failure';
import { RetryBudget, type RetryPlace } from '@zephyr/core';
import { Counter } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { CountedRetries } from './counted-retries.ts';

const PLACE: RetryPlace = {
  ...{ isCached: false, readingMs: 0, failedAfterMs: 400 },
  ...{ isBusy: false, isBetterNext: true, isFree: false, hasAlternative: false },
};

function rig(maxRetries: number, perSecond = 1) {
  const labelNames = ['reason'] as const;
  const metrics = {
    retries: new Counter({ name: 'retries', help: '-', labelNames, registers: [] }),
    retriesRefused: new Counter({ name: 'refused', help: '-', labelNames, registers: [] }),
  };
  const retries = new CountedRetries({
    operation: 'messages',
    failover: { retry: 'before_content', maxRetries },
    body: { isBuffered: true },
    ...{ budget: new RetryBudget({ ratio: 0, perSecond }), caller: 'ann' },
    metrics,
    clock: { nowMs: () => 5_000 },
  });
  const after = (failure: FailureClass, place: Partial<RetryPlace> = {}) =>
    retries.after({ kind: 'failed', failure, phase: 'answered', isStaleConnection: false }, () => ({
      ...PLACE,
      ...place,
    }));
  const reasonsOf = async (counter: Counter<'reason'>) =>
    (await counter.get()).values.map(({ labels, value }) => [labels.reason, value]);
  const counts = async () => ({
    retries: await reasonsOf(metrics.retries),
    refused: await reasonsOf(metrics.retriesRefused),
  });
  return { retries, after, counts };
}

describe('CountedRetries', () => {
  it('are counted by failure, and refused ones by reason', async () => {
    const { after, counts } = rig(1);
    expect([after('server_error'), after('reset')]).toEqual(['next_endpoint', 'give_up']);
    const once = { retries: [['server_error', 1]], refused: [['retries_spent', 1]] };
    expect(await counts()).toEqual(once);
    const none = rig(1, 0);
    expect(none.after('reset')).toBe('give_up');
    expect(await none.counts()).toEqual({ retries: [], refused: [['budget_spent', 1]] });
  });

  it('are counted when sent, however often they were postponed', async () => {
    const { retries, after, counts } = rig(2, 0.1);
    const place = { hasAlternative: true };
    expect([after('reset', place), retries.hasRetriesLeft(false)]).toEqual([
      'next_endpoint',
      false,
    ]);
    expect([after('reset', place), after('reset', place)]).toEqual(['look_again', 'look_again']);
    expect(after('reset', { ...place, isFree: true })).toBe('next_endpoint');
    expect(await counts()).toEqual({ retries: [['reset', 2]], refused: [] });
  });

  it('are refunded when an endpoint answers, or when none was left', () => {
    const { retries, after } = rig(9, 0.1);
    for (const giveBack of [() => retries.nobodyLeft(), () => retries.answered()]) {
      after('reset');
      expect(retries.hasRetriesLeft(false)).toBe(false);
      giveBack();
      expect(retries.hasRetriesLeft(false)).toBe(true);
    }
  });
});
