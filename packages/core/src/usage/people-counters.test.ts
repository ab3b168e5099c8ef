import { DAY_MS, MINUTE_MS } from '@zephyr/contract/units';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { periodAt } from './budget-period.ts';
import { PERIODS } from './limit-verdict.ts';
import {
  type LetIn,
  limitTokensOf,
  PeopleCounters,
  type SharedCounters,
  type Spent,
} from './people-counters.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 9, 30, 20);

function spentOf(amount: number, epochMs = NOW_MS, person = 'ann'): Spent {
  const totals = PERIODS.map((period) => [
    period,
    { fromAtMs: periodAt(period, epochMs).fromAtMs, people: new Map([[person, amount]]) },
  ]);
  return Object.fromEntries(totals) as Spent;
}
const letInOf = (requests: number, tokens: number, active: number): LetIn => ({
  ...{ requests, tokens, active },
});
const shared = (amount: number, letIn: Record<string, LetIn> = {}): SharedCounters => ({
  ...{ spent: spentOf(amount), letIn: new Map(Object.entries(letIn)) },
});
const cost = (costNanoUsd: number) => ({ costNanoUsd, tokens: 0 });
const dayOf = (counters: PeopleCounters, epochMs = NOW_MS) =>
  counters.of(['ann'], epochMs).spentNanoUsd.day;

let counters: PeopleCounters;
beforeEach(() => {
  counters = new PeopleCounters();
});

it('counts toward a minute what the API counts: no cache reads', () => {
  const usage = { inputTokens: 1, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4_000 };
  expect(limitTokensOf(usage)).toBe(4_021);
});

describe('PeopleCounters', () => {
  it('adds its own unshared usage to the shared totals', () => {
    counters.receive(shared(100), NOW_MS);
    counters.used('ann', cost(7), NOW_MS);
    expect(counters.of(['ann'], NOW_MS).spentNanoUsd).toEqual({ day: 107, week: 107, month: 107 });
    expect(counters.of(['bob'], NOW_MS).spentNanoUsd.day).toBe(0);
  });

  it('counts a batch once: until the totals that include it arrive', () => {
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

  it('keeps counting from the last known totals while none arrive', () => {
    counters.receive(shared(100), NOW_MS);
    for (let second = 1; second <= 5; second += 1) {
      counters.used('ann', cost(1), NOW_MS + second * 1_000);
      counters.sealed(1);
    }
    expect(dayOf(counters, NOW_MS + 6_000)).toBe(105);
  });

  it('restarts with each period, before Redis does', () => {
    counters.receive(shared(100), NOW_MS);
    counters.used('ann', cost(7), NOW_MS);
    const spent = (atMs: number) => counters.of(['ann'], atMs).spentNanoUsd;
    // Sunday, Monday, and the first of the next month.
    expect(spent(NOW_MS + DAY_MS)).toEqual({ day: 0, week: 107, month: 107 });
    expect(spent(NOW_MS + 2 * DAY_MS)).toEqual({ day: 0, week: 0, month: 107 });
    expect(spent(NOW_MS + 3 * DAY_MS)).toEqual({ day: 0, week: 0, month: 0 });
  });

  it('counts what it admitted immediately, and forgets it with the minute', () => {
    counters.began('ann', NOW_MS);
    counters.began('ann', NOW_MS);
    counters.ended('ann');
    counters.used('ann', { costNanoUsd: 0, tokens: 30 }, NOW_MS);
    expect(counters.of(['ann'], NOW_MS)).toMatchObject({ requests: 2, tokens: 30, active: 1 });
    const later = counters.of(['ann'], NOW_MS + MINUTE_MS);
    expect(later).toMatchObject({ requests: 0, tokens: 0, active: 1 });
  });

  it('adds what others admitted in this minute, and their active requests', () => {
    counters.began('ann', NOW_MS);
    counters.share(NOW_MS, 'changed');
    const letIn = { ann: letInOf(9, 9, 4), bob: letInOf(50, 0, 0) };
    counters.began('ann', NOW_MS);
    counters.receive(shared(0, letIn), NOW_MS);
    expect(counters.of(['ann'], NOW_MS)).toMatchObject({ requests: 10, tokens: 9, active: 5 });
    expect(counters.of(['bob'], NOW_MS)).toMatchObject({ requests: 50, tokens: 0, active: 0 });
    expect(counters.of(['ann'], NOW_MS + MINUTE_MS)).toMatchObject({ requests: 0, active: 2 });
  });

  it('forgets active requests of others after 10 s without news: a missing Redis refuses no one', () => {
    counters.began('ann', NOW_MS);
    counters.receive(shared(0, { ann: letInOf(2, 0, 2) }), NOW_MS);
    expect(counters.of(['ann'], NOW_MS + 10_000).active).toBe(3);
    expect(counters.of(['ann'], NOW_MS + 10_001).active).toBe(1);
  });

  it('keeps its own counts even if Redis has lost them', () => {
    counters.began('ann', NOW_MS);
    counters.began('ann', NOW_MS);
    counters.share(NOW_MS, 'changed');
    counters.receive(shared(0, { ann: letInOf(1, 0, 0) }), NOW_MS);
    expect(counters.of(['ann'], NOW_MS)).toMatchObject({ requests: 2, active: 2 });
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

  it('counts a team, however large, like its members', () => {
    const people = Array.from({ length: 6 }, (_, n) => `p${n}`);
    const teams = [people, people.slice(0, 1), people.slice(0, 5), ['p5', 'nobody']];
    const step = fc.record({
      what: fc.constantFrom('begin', 'end', 'use', 'seal', 'receive'),
      who: fc.constantFrom(...people),
      amount: fc.nat(9),
      laterMs: fc.constantFrom(0, 0, 0, 11_000, MINUTE_MS, DAY_MS),
    });
    const property = fc.property(fc.array(step, { maxLength: 40 }), (story) => {
      const model = new TeamModel();
      for (const each of story) {
        model.take(each);
        for (const team of teams) expect(model.of(team)).toEqual(model.sumOf(team));
      }
    });
    fc.assert(property);
  });

  const sharedNow = (extent: 'changed' | 'whole', epochMs = NOW_MS) =>
    Object.fromEntries(counters.share(epochMs, extent).people);

  it('shares people whom the others do not know yet, and on request everybody', () => {
    counters.began('ann', NOW_MS);
    counters.used('cid', cost(7), NOW_MS);
    expect(sharedNow('changed')).toEqual({ ann: letInOf(1, 0, 1) });
    counters.receive(shared(0), NOW_MS);
    counters.began('bob', NOW_MS);
    counters.used('cid', { costNanoUsd: 0, tokens: 5 }, NOW_MS);
    const news = { bob: letInOf(1, 0, 1), cid: letInOf(0, 5, 0) };
    expect(sharedNow('changed')).toEqual(news);
    expect(sharedNow('whole')).toEqual({ ann: letInOf(1, 0, 1), ...news });
  });

  it('shares again what was not answered, or has changed since', () => {
    counters.began('ann', NOW_MS);
    sharedNow('changed');
    counters.ended('ann');
    expect(sharedNow('changed')).toEqual({ ann: letInOf(1, 0, 0) });
    counters.began('ann', NOW_MS);
    counters.receive(shared(0), NOW_MS);
    expect(sharedNow('changed')).toEqual({ ann: letInOf(2, 0, 1) });
    counters.receive(shared(0), NOW_MS);
    expect(sharedNow('changed')).toEqual({});
  });

  it.each([
    [
      'a request that began and ended',
      () => [counters.began('ann', NOW_MS), counters.ended('ann')],
    ],
    ['the end of a request', () => counters.ended('ann')],
    ['tokens', () => counters.used('ann', { costNanoUsd: 0, tokens: 5 }, NOW_MS)],
  ])('shares what changed while an answer was awaited: %s', (_, change) => {
    counters.began('ann', NOW_MS);
    sharedNow('changed');
    change();
    counters.receive(shared(0), NOW_MS);
    expect(Object.keys(sharedNow('changed'))).toEqual(['ann']);
  });

  it('shares the end of a request that the others know as active', () => {
    counters.began('ann', NOW_MS);
    sharedNow('changed');
    counters.receive(shared(0), NOW_MS);
    counters.ended('ann');
    expect(sharedNow('changed')).toEqual({ ann: letInOf(1, 0, 0) });
  });

  it('counts its own tokens once: those it shared are part of all', () => {
    counters.used('ann', { costNanoUsd: 0, tokens: 4 }, NOW_MS);
    sharedNow('changed');
    counters.receive(shared(0, { ann: letInOf(0, 9, 0) }), NOW_MS);
    expect(counters.of(['ann'], NOW_MS).tokens).toBe(9);
  });

  it('takes nothing as known to the others from an answer to no share', () => {
    counters.began('ann', NOW_MS);
    sharedNow('changed');
    counters.receive(shared(0), NOW_MS);
    const later = NOW_MS + MINUTE_MS;
    counters.ended('ann');
    counters.began('ann', later);
    counters.receive(shared(0), later);
    expect(sharedNow('changed', later)).toEqual({ ann: letInOf(1, 0, 1) });
  });

  it('shares requests active since the minute before, and nothing else of a past minute', () => {
    const later = NOW_MS + MINUTE_MS;
    counters.began('ann', NOW_MS);
    counters.began('bob', NOW_MS);
    counters.ended('bob');
    sharedNow('changed');
    counters.receive(shared(0), NOW_MS);
    expect(counters.share(later, 'whole')).toEqual({
      minuteAtMs: later - (later % MINUTE_MS),
      people: new Map([['ann', letInOf(0, 0, 1)]]),
    });
  });

  it('never counts below 0 if more requests end than began', () => {
    counters.ended('ann');
    counters.began('ann', NOW_MS);
    expect(counters.of(['ann'], NOW_MS).active).toBe(1);
  });

  it('adds later usage to a batch that has not been written', () => {
    counters.used('ann', cost(7), NOW_MS);
    counters.sealed(1);
    counters.used('ann', cost(5), NOW_MS);
    counters.sealed(1);
    counters.written(1);
    counters.receive(shared(12), NOW_MS);
    expect(dayOf(counters)).toBe(12);
  });

  it('subtracts a batch only once, even if confirmed twice', () => {
    counters.used('ann', cost(7), NOW_MS);
    counters.sealed(1);
    for (let time = 0; time < 2; time += 1) {
      counters.written(1);
      counters.receive(shared(7), NOW_MS);
    }
    expect(dayOf(counters)).toBe(7);
  });

  it('has the correct sum after any writes, lost replies and repeats', () => {
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

interface Step {
  readonly what: 'begin' | 'end' | 'use' | 'seal' | 'receive';
  readonly who: string;
  readonly amount: number;
  readonly laterMs: number;
}

class TeamModel {
  readonly #counters = new PeopleCounters();
  #epochMs = NOW_MS;

  take({ what, who, amount, laterMs }: Step): void {
    this.#epochMs += laterMs;
    const epochMs = this.#epochMs;
    const acts: Record<Step['what'], () => void> = {
      begin: () => this.#counters.began(who, epochMs),
      end: () => this.#counters.ended(who),
      use: () => this.#counters.used(who, { costNanoUsd: amount, tokens: amount }, epochMs),
      seal: () => this.#counters.sealed(amount),
      receive: () => {
        this.#counters.written(amount);
        this.#counters.share(epochMs, 'whole');
        const letIn = new Map([[who, letInOf(amount, amount, amount)]]);
        this.#counters.receive({ spent: spentOf(amount, epochMs, who), letIn }, epochMs);
      },
    };
    acts[what]();
  }

  of(people: readonly string[]) {
    const { spentNanoUsd, ...rest } = this.#counters.of(people, this.#epochMs);
    return { ...rest, ...spentNanoUsd };
  }

  sumOf(people: readonly string[]) {
    const sum = { requests: 0, tokens: 0, active: 0, day: 0, week: 0, month: 0 };
    for (const person of people) {
      const one = this.of([person]);
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += one[name];
    }
    return sum;
  }
}

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
  /** Redis stores the batch, but its reply is lost. */
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
  /** Only after everything was written. */
  read(): void {
    if (this.#batches.size === 0) this.counters.receive(shared(this.#redis), NOW_MS);
  }
}
