import type { LimitsShare } from '@zephyr/contract/limits';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { PERIODS, periodAt } from './limits.ts';
import { PeopleCounters, type SharedCounters, type Spent } from './people-counters.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 9, 30, 20);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function spentOf(amount: number, nowMs = NOW_MS, person = 'ann'): Spent {
  const totals = PERIODS.map((period) => [
    period,
    { fromAtMs: periodAt(period, nowMs).fromAtMs, people: new Map([[person, amount]]) },
  ]);
  return Object.fromEntries(totals) as Spent;
}
const shared = (
  amount: number,
  shares: SharedCounters['shares'] = [],
  nowMs = NOW_MS,
): SharedCounters => ({ spent: spentOf(amount, nowMs), shares });
const shareOf = (
  person: string,
  counts: { requests?: number; tokens?: number; active?: number },
  minuteAtMs = NOW_MS - (NOW_MS % MINUTE_MS),
): LimitsShare => ({
  minuteAtMs,
  people: [{ person, requests: 0, tokens: 0, active: 0, ...counts }],
});
const cost = (costNanoUsd: number) => ({ costNanoUsd, tokens: 0 });
const dayOf = (counters: PeopleCounters, nowMs = NOW_MS) =>
  counters.of(['ann'], nowMs).spentNanoUsd.day;

let counters: PeopleCounters;
beforeEach(() => {
  counters = new PeopleCounters();
});

describe('PeopleCounters', () => {
  it('adds what is its own and not shared yet to what is shared', () => {
    counters.receive(shared(100), NOW_MS);
    counters.used('ann', cost(7), NOW_MS);
    expect(counters.of(['ann'], NOW_MS).spentNanoUsd).toEqual({ day: 107, week: 107, month: 107 });
    expect(counters.of(['bob'], NOW_MS).spentNanoUsd.day).toBe(0);
  });

  it('counts a batch once: until the totals that have it come', () => {
    counters.used('ann', cost(7), NOW_MS);
    counters.sealed(1);
    counters.used('ann', cost(5), NOW_MS);
    counters.written(1);
    expect(dayOf(counters)).toBe(12);
    counters.receive(shared(7), NOW_MS);
    expect(dayOf(counters)).toBe(12);
    counters.sealed(2);
    counters.receive(shared(7), NOW_MS);
    expect(dayOf(counters)).toBe(12);
    counters.written(2);
    counters.receive(shared(12), NOW_MS);
    expect(dayOf(counters)).toBe(12);
  });

  it('goes on counting from the last known totals while none come', () => {
    counters.receive(shared(100), NOW_MS);
    for (let second = 1; second <= 5; second += 1) {
      counters.used('ann', cost(1), NOW_MS + second * 1_000);
      counters.sealed(1);
    }
    expect(dayOf(counters, NOW_MS + 6_000)).toBe(105);
  });

  it('begins again with each period, before Redis says so', () => {
    counters.receive(shared(100), NOW_MS);
    counters.used('ann', cost(7), NOW_MS);
    const spent = (atMs: number) => counters.of(['ann'], atMs).spentNanoUsd;
    // Sunday, Monday, and the first of the next month.
    expect(spent(NOW_MS + DAY_MS)).toEqual({ day: 0, week: 107, month: 107 });
    expect(spent(NOW_MS + 2 * DAY_MS)).toEqual({ day: 0, week: 0, month: 107 });
    expect(spent(NOW_MS + 3 * DAY_MS)).toEqual({ day: 0, week: 0, month: 0 });
  });

  it('counts what it let in at once, and forgets it with the minute', () => {
    counters.began('ann', NOW_MS);
    counters.began('ann', NOW_MS);
    counters.ended('ann');
    counters.used('ann', { costNanoUsd: 0, tokens: 30 }, NOW_MS);
    expect(counters.of(['ann'], NOW_MS)).toMatchObject({ requests: 2, tokens: 30, active: 1 });
    const later = counters.of(['ann'], NOW_MS + MINUTE_MS);
    expect(later).toMatchObject({ requests: 0, tokens: 0, active: 1 });
  });

  it('adds what others let in within this minute, and what runs where they live', () => {
    counters.began('ann', NOW_MS);
    const before = NOW_MS - (NOW_MS % MINUTE_MS) - MINUTE_MS;
    counters.receive(
      shared(0, [
        { share: shareOf('ann', { requests: 3, tokens: 9, active: 2 }), isFresh: true },
        { share: shareOf('ann', { requests: 5, active: 4 }), isFresh: false },
        { share: shareOf('ann', { requests: 8, active: 1 }, before), isFresh: true },
        { share: shareOf('bob', { requests: 50 }), isFresh: true },
      ]),
      NOW_MS,
    );
    expect(counters.of(['ann'], NOW_MS)).toMatchObject({ requests: 9, tokens: 9, active: 4 });
    expect(counters.of(['ann'], NOW_MS + MINUTE_MS)).toMatchObject({ requests: 0, active: 1 });
  });

  it('forgets what runs at others after 10 s without news: a missing Redis refuses nobody', () => {
    counters.began('ann', NOW_MS);
    counters.receive(shared(0, [{ share: shareOf('ann', { active: 2 }), isFresh: true }]), NOW_MS);
    expect(counters.of(['ann'], NOW_MS + 10_000).active).toBe(3);
    expect(counters.of(['ann'], NOW_MS + 10_001).active).toBe(1);
  });

  it('adds up a team', () => {
    counters.receive(shared(100), NOW_MS);
    counters.used('bob', cost(7), NOW_MS);
    counters.began('ann', NOW_MS);
    counters.began('bob', NOW_MS);
    expect(counters.of(['ann', 'bob'], NOW_MS)).toMatchObject({
      ...{ spentNanoUsd: { day: 107, week: 107, month: 107 }, requests: 2, active: 2 },
    });
  });

  it('shares its whole minute, also who runs since the one before', () => {
    counters.began('ann', NOW_MS);
    const later = NOW_MS + MINUTE_MS;
    counters.began('bob', later);
    expect(counters.share(later)).toEqual({
      minuteAtMs: later - (later % MINUTE_MS),
      people: [
        { person: 'bob', requests: 1, tokens: 0, active: 1 },
        { person: 'ann', requests: 0, tokens: 0, active: 1 },
      ],
    });
  });

  it('shares nobody whose requests have ended a minute ago, and no minute that is over', () => {
    counters.began('ann', NOW_MS);
    counters.ended('ann');
    counters.used('bob', cost(7), NOW_MS);
    const ann = { person: 'ann', requests: 1, tokens: 0, active: 0 };
    expect(counters.share(NOW_MS).people).toEqual([ann]);
    const minuteAtMs = NOW_MS - (NOW_MS % MINUTE_MS) + MINUTE_MS;
    expect(counters.share(NOW_MS + MINUTE_MS)).toEqual({ minuteAtMs, people: [] });
  });

  it('does not count below nothing where more ends than began', () => {
    counters.ended('ann');
    counters.began('ann', NOW_MS);
    expect(counters.of(['ann'], NOW_MS).active).toBe(1);
  });

  it('adds what comes later to a batch that has not been written', () => {
    counters.used('ann', cost(7), NOW_MS);
    counters.sealed(1);
    counters.used('ann', cost(5), NOW_MS);
    counters.sealed(1);
    counters.written(1);
    counters.receive(shared(12), NOW_MS);
    expect(dayOf(counters)).toBe(12);
  });

  it('takes a batch that was confirmed twice off once', () => {
    counters.used('ann', cost(7), NOW_MS);
    counters.sealed(1);
    for (let time = 0; time < 2; time += 1) {
      counters.written(1);
      counters.receive(shared(7), NOW_MS);
    }
    expect(dayOf(counters)).toBe(7);
  });

  it('has the right sum after any writes, lost replies and repeats', () => {
    const steps = fc.array(fc.constantFrom('use', 'seal', 'write', 'lose', 'read'), {
      maxLength: 60,
    });
    const property = fc.property(steps, (story) => {
      const model = new WriterModel();
      for (const step of story) {
        model[step]();
        expect(dayOf(model.counters)).toBe(model.used);
      }
    });
    fc.assert(property);
  });
});

/** Writes as `UsageWriter` does, to a Redis that counts each batch once. */
class WriterModel {
  readonly counters = new PeopleCounters();
  used = 0;
  #open = 0;
  #sequence = 0;
  readonly #batches = new Map<number, number>();
  #redis = 0;
  #known = 0;

  use(): void {
    this.counters.used('ann', cost(3), NOW_MS);
    this.used += 3;
    this.#open += 3;
  }
  seal(): void {
    if (this.#open === 0) return;
    this.#sequence += 1;
    this.counters.sealed(this.#sequence);
    this.#batches.set(this.#sequence, this.#open);
    this.#open = 0;
  }
  /** Redis has the batch, but its reply is lost. */
  lose(): void {
    const [first] = this.#batches;
    if (first === undefined || first[0] <= this.#known) return;
    this.#known = first[0];
    this.#redis += first[1];
  }
  write(): void {
    const [first] = this.#batches;
    if (first === undefined) return;
    this.lose();
    this.counters.written(first[0]);
    this.#batches.delete(first[0]);
  }
  /** Only after all was written. */
  read(): void {
    if (this.#batches.size === 0) this.counters.receive(shared(this.#redis), NOW_MS);
  }
}
