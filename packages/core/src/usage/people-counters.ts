/**
 * What people use now, as known to one proxy: the totals shared by all proxies, plus its own usage that is
 * not shared yet. Nothing waits for shared totals: until new ones arrive, the last known ones still count.
 */

import type { TokenUsage } from '@zephyr/contract/probe/probe';
import type { BudgetPeriod } from '@zephyr/contract/usage/people-limits';
import { periodAt } from './budget-period.ts';
import { type LimitCounters, minuteOf, PERIODS } from './limit-verdict.ts';
import { dayOf } from './usage-by-hour.ts';

/** For one period, by person, in billionths of a dollar. */
export interface SpentTotals {
  readonly fromAtMs: number;
  readonly people: ReadonlyMap<string, number>;
}
export type Spent = Readonly<Record<BudgetPeriod, SpentTotals>>;

/** Requests and tokens are per minute; `active` is the number at the same time. */
export interface LetIn {
  readonly requests: number;
  readonly tokens: number;
  readonly active: number;
}

/** What one proxy has admitted: absolute values, so that a repeat changes nothing. */
export interface LimitsShare {
  /** When the minute begins, UTC. */
  readonly minuteAtMs: number;
  readonly people: ReadonlyMap<string, LetIn>;
}

export interface SharedCounters {
  readonly spent: Spent;
  /** Of all proxies together, including what this one has just shared. */
  readonly letIn: ReadonlyMap<string, LetIn>;
}

/** Tokens of an answer that count toward a minute. Cache reads do not: the Messages API does not count them either. */
export function limitTokensOf(usage: TokenUsage): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheWriteTokens;
}

interface Minute {
  requests: number;
  tokens: number;
}

/** The totals of a list of people in the last answer of Redis. */
interface News {
  readonly people: ReadonlySet<string>;
  /** What other proxies have admitted. */
  readonly others: LetIn;
  readonly spent: Readonly<Record<BudgetPeriod, number>>;
}

/** By person and day, in billionths of a dollar. */
type Amounts = Map<string, Map<number, number>>;

/** Active requests at other proxies change within seconds: older reports refuse no request. */
const ACTIVE_LIFE_MS = 10_000;

const NOBODY: SpentTotals = { fromAtMs: 0, people: new Map() };
const NOTHING: LetIn = { requests: 0, tokens: 0, active: 0 };

export class PeopleCounters {
  #spent: Spent = { day: NOBODY, week: NOBODY, month: NOBODY };
  #othersMinuteAtMs = 0;
  #receivedAtMs = Number.NEGATIVE_INFINITY;
  #others: ReadonlyMap<string, LetIn> = new Map();
  /** Cached per list of people queried since: a team may have a thousand. */
  #news = new WeakMap<readonly string[], News>();
  #minuteAtMs = 0;
  readonly #minute = new Map<string, Minute>();
  readonly #active = new Map<string, number>();
  /** People whose values at the other proxies may be outdated. */
  readonly #changed = new Set<string>();
  /** All that was admitted here when last shared. */
  #shared: ReadonlyMap<string, LetIn> = new Map();
  #sent: ReadonlyMap<string, LetIn> = new Map();
  /** All usage not yet in the shared totals. */
  readonly #unshared: Amounts = new Map();
  /** The part that is in no batch. */
  #open: Amounts = new Map();
  /** The parts that are in a batch, by batch number. */
  readonly #sealed = new Map<number, Amounts>();
  /** Batches that the next shared totals include. */
  readonly #written = new Set<number>();

  began(person: string, epochMs: number): void {
    this.#minuteOf(person, epochMs).requests += 1;
    this.#active.set(person, (this.#active.get(person) ?? 0) + 1);
    this.#changed.add(person);
  }

  ended(person: string): void {
    this.#changed.add(person);
    const active = (this.#active.get(person) ?? 1) - 1;
    if (active <= 0) this.#active.delete(person);
    else this.#active.set(person, active);
  }

  used(
    person: string,
    { costNanoUsd, tokens }: { readonly costNanoUsd: number; readonly tokens: number },
    epochMs: number,
  ): void {
    if (tokens > 0) {
      this.#minuteOf(person, epochMs).tokens += tokens;
      this.#changed.add(person);
    }
    if (costNanoUsd === 0) return;
    add(this.#open, { person, dayAtMs: dayOf(epochMs), amount: costNanoUsd });
    add(this.#unshared, { person, dayAtMs: dayOf(epochMs), amount: costNanoUsd });
  }

  /** All usage so far is in this batch. */
  sealed(sequence: number): void {
    if (this.#open.size === 0) return;
    const sealed = this.#sealed.get(sequence);
    if (sealed === undefined) this.#sealed.set(sequence, this.#open);
    else for (const entry of entriesOf(this.#open)) add(sealed, entry);
    this.#open = new Map();
  }

  /** This batch is in Redis. */
  written(sequence: number): void {
    if (this.#sealed.has(sequence)) this.#written.add(sequence);
  }

  /**
   * To be followed by `receive` with the answer; without one, the next share repeats everything.
   * @param extent `whole`: also people whose values the others already know, unless Redis lost them
   */
  share(epochMs: number, extent: 'changed' | 'whole'): LimitsShare {
    this.#roll(epochMs);
    const people = [...this.#minute.keys(), ...this.#active.keys()];
    this.#shared = new Map(people.map((person) => [person, this.#letIn(person)]));
    const sent = extent === 'whole' ? [...this.#changed, ...people] : [...this.#changed];
    this.#sent = new Map(sent.map((person) => [person, this.#letIn(person)]));
    return { minuteAtMs: this.#minuteAtMs, people: this.#sent };
  }

  receive({ spent, letIn }: SharedCounters, epochMs: number): void {
    this.#spent = spent;
    for (const sequence of this.#written) {
      for (const { person, dayAtMs, amount } of entriesOf(
        this.#sealed.get(sequence) ?? new Map(),
      )) {
        add(this.#unshared, { person, dayAtMs, amount: -amount });
      }
      this.#sealed.delete(sequence);
    }
    this.#written.clear();
    for (const [person, sent] of this.#sent) {
      if (isSame(sent, this.#letIn(person))) this.#changed.delete(person);
    }
    this.#sent = new Map();
    this.#othersMinuteAtMs = minuteOf(epochMs);
    this.#receivedAtMs = epochMs;
    this.#others = new Map(
      [...letIn].map(([person, all]) => [person, without(all, this.#shared.get(person))]),
    );
    this.#news = new WeakMap();
  }

  #letIn(person: string): LetIn {
    const { requests, tokens } = this.#minute.get(person) ?? NOTHING;
    return { requests, tokens, active: this.#active.get(person) ?? 0 };
  }

  /** The sum over these people, without grants. Fast for the same list, however long. */
  of(people: readonly string[], epochMs: number): Omit<LimitCounters, 'grantedUsd'> {
    this.#roll(epochMs);
    const news = this.#newsOf(people);
    const isOthersMinuteCurrent = this.#othersMinuteAtMs === this.#minuteAtMs;
    const isOthersActiveKnown = epochMs - this.#receivedAtMs <= ACTIVE_LIFE_MS;
    let { requests, tokens } = isOthersMinuteCurrent ? news.others : NOTHING;
    for (const own of valuesOf(this.#minute, news.people)) {
      requests += own.requests;
      tokens += own.tokens;
    }
    let active = isOthersActiveKnown ? news.others.active : 0;
    for (const own of valuesOf(this.#active, news.people)) active += own;
    const spentNanoUsd = { day: 0, week: 0, month: 0 };
    for (const period of PERIODS) spentNanoUsd[period] = this.#spentBy(news, period, epochMs);
    return { spentNanoUsd, requests, tokens, active };
  }

  #spentBy({ people, spent }: News, period: BudgetPeriod, epochMs: number): number {
    const { fromAtMs } = periodAt(period, epochMs);
    let sum = this.#spent[period].fromAtMs === fromAtMs ? spent[period] : 0;
    for (const days of valuesOf(this.#unshared, people)) {
      for (const [dayAtMs, amount] of days) if (dayAtMs >= fromAtMs) sum += amount;
    }
    return sum;
  }

  #newsOf(people: readonly string[]): News {
    const known = this.#news.get(people);
    if (known !== undefined) return known;
    const others = { requests: 0, tokens: 0, active: 0 };
    const spent = { day: 0, week: 0, month: 0 };
    for (const person of people) {
      const { requests, tokens, active } = this.#others.get(person) ?? NOTHING;
      others.requests += requests;
      others.tokens += tokens;
      others.active += active;
      for (const period of PERIODS) spent[period] += this.#spent[period].people.get(person) ?? 0;
    }
    const news = { people: new Set(people), others, spent };
    this.#news.set(people, news);
    return news;
  }

  #minuteOf(person: string, epochMs: number): Minute {
    this.#roll(epochMs);
    const known = this.#minute.get(person);
    if (known !== undefined) return known;
    const minute = { requests: 0, tokens: 0 };
    this.#minute.set(person, minute);
    return minute;
  }

  #roll(epochMs: number): void {
    const minuteAtMs = minuteOf(epochMs);
    if (minuteAtMs === this.#minuteAtMs) return;
    this.#minuteAtMs = minuteAtMs;
    this.#minute.clear();
  }
}

/** Never negative: if Redis has lost data, its totals do not include this proxy's yet. */
function without(all: LetIn, own = NOTHING): LetIn {
  return {
    requests: Math.max(0, all.requests - own.requests),
    tokens: Math.max(0, all.tokens - own.tokens),
    active: Math.max(0, all.active - own.active),
  };
}

function isSame(one: LetIn, two: LetIn): boolean {
  return one.requests === two.requests && one.tokens === two.tokens && one.active === two.active;
}

/** The values of these people; takes as many steps as the smaller of the two has entries. */
function* valuesOf<Value>(
  all: ReadonlyMap<string, Value>,
  people: ReadonlySet<string>,
): Generator<Value> {
  if (people.size <= all.size) {
    for (const person of people) {
      const value = all.get(person);
      if (value !== undefined) yield value;
    }
  } else {
    for (const [person, value] of all) if (people.has(person)) yield value;
  }
}

interface Amount {
  readonly person: string;
  readonly dayAtMs: number;
  readonly amount: number;
}

function add(to: Amounts, { person, dayAtMs, amount }: Amount): void {
  const days = to.get(person) ?? new Map<number, number>();
  const sum = (days.get(dayAtMs) ?? 0) + amount;
  if (sum === 0) days.delete(dayAtMs);
  else days.set(dayAtMs, sum);
  if (days.size === 0) to.delete(person);
  else to.set(person, days);
}

function* entriesOf(amounts: Amounts): Generator<Amount> {
  for (const [person, days] of amounts) {
    for (const [dayAtMs, amount] of days) yield { person, dayAtMs, amount };
  }
}
