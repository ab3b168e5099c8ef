import type { FailureClass } from '@zephyr/contract/failure';
import { describe, expect, it } from 'vitest';

import type { AttemptPhase } from '../types.ts';
import {
  MAX_RETRY_POLLS,
  type NextStep,
  RETRY_POLL_MS,
  RequestRetries,
  type RequestRetriesInput,
  type RetryPlace,
} from './request-retries.ts';
import { RetryBudget } from './retry-budget.ts';

const NOW_MS = 5_000;
const NO_CACHE: RetryPlace = {
  ...{ isCached: false, readingMs: 0, failedAfterMs: 400 },
  ...{ isBusy: false, isBetterNext: true, isFree: false, hasAlternative: false },
};
const CACHE: RetryPlace = { ...NO_CACHE, isCached: true, readingMs: 60_000 };

function rig(parts: Partial<RequestRetriesInput> = {}, perSecond = 1) {
  const budget = new RetryBudget({ ratio: 0, perSecond });
  const retries = new RequestRetries({
    operation: 'messages',
    failover: { retry: 'before_content', maxRetries: 1 },
    body: { isBuffered: true },
    ...{ budget, caller: 'ann' },
    ...parts,
  });
  const next = (
    failure: FailureClass,
    place = NO_CACHE,
    phase: AttemptPhase = 'answered',
    retryAfterMs?: number,
  ): NextStep => retries.after({ failure, phase, retryAfterMs }, () => place, NOW_MS);
  return {
    retries,
    budget,
    next,
    after: (...input: Parameters<typeof next>) => next(...input).kind,
    hasRetriesLeft: (isTrial = false) => retries.hasRetriesLeft(isTrial, NOW_MS),
    left: () => budget.available(NOW_MS),
  };
}

describe('RequestRetries', () => {
  it('go to the next endpoint, as often as allowed', () => {
    const { next } = rig();
    expect(next('server_error')).toEqual({ kind: 'next_endpoint' });
    expect(next('reset')).toEqual({ kind: 'give_up', why: 'retries_spent' });
  });

  it('are limited to the allowed number', () => {
    const { after } = rig({ failover: { retry: 'before_content', maxRetries: 2 } });
    expect([after('reset'), after('reset'), after('reset')]).toEqual([
      ...['next_endpoint', 'next_endpoint', 'give_up'],
    ]);
  });

  it('cost nothing if nothing was sent', () => {
    const { after, left } = rig();
    for (let time = 0; time < 3; time += 1) {
      expect(after('connection_refused', NO_CACHE, 'connecting')).toBe('next_endpoint');
    }
    expect(left()).toBe(10);
  });

  it('of one person leave enough for another', () => {
    const budget = new RetryBudget({ ratio: 0, perSecond: 0.2 });
    const failover = { retry: 'before_content', maxRetries: 5 } as const;
    const [ann, bob] = ['ann', 'bob'].map((caller) => {
      budget.noteRequest(NOW_MS, caller);
      return rig({ budget, caller, failover });
    });
    expect(ann?.after('server_error')).toBe('next_endpoint');
    expect([ann?.hasRetriesLeft(), ann?.after('server_error')]).toEqual([false, 'give_up']);
    expect([bob?.hasRetriesLeft(), bob?.after('server_error')]).toEqual([true, 'next_endpoint']);
  });

  it('end with the budget', () => {
    expect(rig({}, 0).next('server_error')).toEqual({ kind: 'give_up', why: 'budget_spent' });
  });

  it('continue without the budget if they are free, and only then', () => {
    const { after, left } = rig({ failover: { retry: 'before_content', maxRetries: 3 } }, 0.1);
    const place = { ...CACHE, isFree: true };
    expect([after('overloaded', place), left()]).toEqual(['stay', 0]);
    const steps = [1, 2, 3].map(() => after('overloaded', place));
    expect(steps).toEqual(['next_endpoint', 'next_endpoint', 'give_up']);
  });

  it('are never sent if the configuration allows none, whatever has just answered', () => {
    expect(rig({}, 0).after('overloaded', { ...CACHE, isFree: true })).toBe('give_up');
  });

  it('wait for an endpoint that answers if the budget is spent and another one is left', () => {
    const { after } = rig({ failover: { retry: 'before_content', maxRetries: 2 } }, 0.1);
    const place = { ...NO_CACHE, hasAlternative: true };
    expect(after('reset', place)).toBe('next_endpoint');
    expect([after('reset', place), after('reset', place)]).toEqual(['look_again', 'look_again']);
    expect(after('reset', { ...place, isFree: true })).toBe('next_endpoint');
  });

  it('wait for at most two seconds, and not if none is left or the configuration allows none', () => {
    const place = { ...NO_CACHE, hasAlternative: true };
    const { after } = rig({ failover: { retry: 'before_content', maxRetries: 2 } }, 0.1);
    after('reset', place);
    const steps = Array.from({ length: MAX_RETRY_POLLS + 1 }, () => after('reset', place));
    expect(new Set(steps.slice(0, MAX_RETRY_POLLS))).toEqual(new Set(['look_again']));
    expect([steps.at(-1), MAX_RETRY_POLLS * RETRY_POLL_MS]).toEqual(['give_up', 2_000]);
    expect(rig({}, 0).after('reset', place)).toBe('give_up');
    const last = rig({ failover: { retry: 'before_content', maxRetries: 2 } }, 0.1);
    last.after('reset', place);
    expect(last.after('reset', NO_CACHE)).toBe('give_up');
  });

  it('wait for at most two seconds in total, however many attempts fail', () => {
    const place = { ...NO_CACHE, hasAlternative: true };
    const { after, next } = rig({ failover: { retry: 'before_content', maxRetries: 3 } }, 0.1);
    after('reset', place);
    const looks = Array.from({ length: MAX_RETRY_POLLS }, () => after('reset', place));
    expect([looks.at(-1), after('reset', { ...place, isFree: true })]).toEqual([
      ...['look_again', 'next_endpoint'],
    ]);
    expect(next('reset', place)).toEqual({ kind: 'give_up', why: 'budget_spent' });
  });

  it('are refunded when an endpoint answers, or when none was left to try', () => {
    const answered = rig({ failover: { retry: 'before_content', maxRetries: 3 } });
    answered.after('server_error');
    answered.after('reset');
    expect(answered.left()).toBe(8);
    answered.retries.answered();
    expect(answered.left()).toBe(10);
    const alone = rig({ failover: { retry: 'before_content', maxRetries: 3 } });
    alone.after('server_error');
    alone.after('reset');
    alone.retries.nobodyLeft();
    expect(alone.left()).toBe(9);
    alone.retries.nobodyLeft();
    alone.retries.nobodyLeft();
    expect(alone.left()).toBe(10);
  });

  it('stay once where the session’s long prompt is cached, for momentary load', () => {
    const { after } = rig({ failover: { retry: 'before_content', maxRetries: 9 } });
    expect(after('reset', CACHE)).toBe('next_endpoint');
    expect(after('overloaded', CACHE, 'answered', 2_000)).toBe('next_endpoint');
    expect(after('overloaded', CACHE)).toBe('stay');
    expect(after('overloaded', CACHE)).toBe('next_endpoint');
  });

  it('stay again if the next endpoint is no better, as often as allowed', () => {
    const { after } = rig({ failover: { retry: 'before_content', maxRetries: 3 } });
    const place = { ...CACHE, isBetterNext: false };
    expect([1, 2, 3, 4].map(() => after('overloaded', place))).toEqual([
      ...['stay', 'stay', 'stay', 'give_up'],
    ]);
  });

  it('stay once for an error if the next endpoint can still be tried', () => {
    const [one, two] = [1, 2].map((maxRetries) =>
      rig({ failover: { retry: 'before_content', maxRetries } }),
    );
    expect(one?.after('server_error', CACHE)).toBe('next_endpoint');
    const steps = [1, 2, 3].map(() => two?.after('server_error', CACHE));
    expect(steps).toEqual(['stay', 'next_endpoint', 'give_up']);
  });

  it('of a request that is not idempotent end once it was sent', () => {
    const extra = rig({ operation: 'extra' });
    expect(extra.after('reset', NO_CACHE, 'sent')).toBe('give_up');
    expect(extra.after('connection_refused', NO_CACHE, 'connecting')).toBe('next_endpoint');
    expect(rig({ body: { isBuffered: false } }).after('reset', NO_CACHE, 'sent')).toBe('give_up');
  });

  it.each(['models', 'count_tokens'] as const)(
    'of unanswered %s cost nothing, so they are left without a budget',
    (operation) => {
      const { hasRetriesLeft, after } = rig({ operation }, 0);
      for (let time = 0; time < 3; time += 1) {
        expect([hasRetriesLeft(), after('first_byte_timeout')]).toEqual([true, 'next_endpoint']);
      }
      expect(rig({}, 0).hasRetriesLeft()).toBe(false);
    },
  );

  it('are left while allowed and in the budget', () => {
    const one = rig({}, 0.1);
    expect(one.hasRetriesLeft()).toBe(true);
    one.after('server_error');
    expect(one.hasRetriesLeft()).toBe(false);
    expect(rig({}, 0).hasRetriesLeft(true)).toBe(false);
    const connects = rig({ failover: { retry: 'connect', maxRetries: 1 } });
    expect(connects.hasRetriesLeft(true)).toBe(false);
  });

  it('are left after a trial, whatever the budget', () => {
    const { hasRetriesLeft, after, left } = rig(
      { failover: { retry: 'before_content', maxRetries: 2 } },
      0.1,
    );
    after('reset');
    expect([left(), hasRetriesLeft(), hasRetriesLeft(true)]).toEqual([0, false, true]);
  });
});
