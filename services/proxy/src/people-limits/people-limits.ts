/**
 * Whether people are within their limits: decided in memory, from what all proxies shared about half a second
 * ago and what this one has admitted since. Nothing waits for Redis; while it is away, counting continues
 * from the last known totals.
 */

import { NANO } from '@zephyr/contract/units';
import type { Budget, Grant, SubjectKind } from '@zephyr/contract/usage/people-limits';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import {
  budgetsOf,
  grantedUsd,
  IDLE_INTERVAL_MS,
  type LimitSubject,
  type LimitsConfig,
  limitSubjects,
  limitTokensOf,
  limitVerdict,
  type Over,
  PeopleCounters,
  type UsageLimits,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import { isModelAmong } from '@zephyr/runtime/config/derived/served-models';
import { syncLimits } from '@zephyr/runtime/redis/people-limits-store';
import type { Redis } from 'ioredis';

/** How often everything is shared again: restores data that Redis lost, and keeps active requests counted. */
const WHOLE_INTERVAL_MS = 2_000;

export interface OverLimit extends Over {
  readonly of: SubjectKind;
  /** The person or team that has the limit. */
  readonly name: string;
}

export interface PeopleLimitsDeps {
  readonly proxyId: string;
  readonly clock: Clock;
}

export class PeopleLimits {
  readonly counters = new PeopleCounters();
  readonly #deps: PeopleLimitsDeps;
  #people = 0;
  /** Somebody has a limit other than budgets and models. */
  #hasRates = false;
  #subjects: readonly LimitSubject[] = [];
  #byPerson: ReadonlyMap<string, readonly LimitSubject[]> = new Map();
  #grants: readonly Grant[] = [];
  /** There was a request or query since the last sync, or a request has ended. */
  #hasNews = false;
  #active = 0;
  #listener: () => void = () => undefined;
  #syncedAtMs = Number.NEGATIVE_INFINITY;
  #sharedWholeAtMs = Number.NEGATIVE_INFINITY;

  constructor(config: LimitsConfig, deps: PeopleLimitsDeps) {
    this.#deps = deps;
    this.reconfigure(config);
  }

  /** Keeps the counters. */
  reconfigure(config: LimitsConfig): void {
    this.#people = config.clients.length;
    this.#subjects = limitSubjects(config);
    this.#hasRates = this.#subjects.some(({ limits }) => hasRate(limits));
    const byPerson = new Map<string, readonly LimitSubject[]>();
    for (const subject of this.#subjects) {
      for (const member of subject.members) {
        byPerson.set(member, [...(byPerson.get(member) ?? []), subject]);
      }
    }
    this.#byPerson = byPerson;
  }

  /** People with their own key. */
  get people(): number {
    return this.#people;
  }

  get hasAny(): boolean {
    return this.#subjects.length > 0;
  }

  /** The limit that this person's next request would exceed; of several, the one that lasts longest. */
  over(person: string): OverLimit | undefined {
    const subjects = this.subjectsOf(person);
    if (subjects.length === 0) return undefined;
    this.#news();
    let longest: OverLimit | undefined;
    for (const subject of subjects) {
      const { of, name, limits, members } = subject;
      const epochMs = this.#epochMs();
      const counted = this.counters.of(members, epochMs);
      const counters = { ...counted, grantedUsd: grantedUsd(this.#grants, name, epochMs) };
      const verdict = limitVerdict(limits, counters, epochMs);
      if (verdict.status === 'within_limits') continue;
      if ((verdict.resetsAtMs ?? 0) < (longest?.resetsAtMs ?? 0)) continue;
      longest = { ...verdict, of, name };
    }
    return longest;
  }

  /** The person's permitted models if the model is not one of them; undefined if it is permitted. */
  modelsWithout(model: string, person: string): readonly string[] | undefined {
    for (const { limits } of this.subjectsOf(person)) {
      if (limits.models !== undefined && !isModelAmong(limits.models, model)) return limits.models;
    }
    return undefined;
  }

  hasModelRules(person: string): boolean {
    return this.subjectsOf(person).some(({ limits }) => limits.models !== undefined);
  }

  /** Includes their team's. */
  budgetsOf(person: string): readonly Budget[] {
    this.#news();
    return this.#budgets(this.subjectsOf(person));
  }

  /** Everybody's; as of the last sync, which this does not trigger. */
  budgets(): readonly Budget[] {
    return this.#budgets(this.#subjects);
  }

  #budgets(subjects: readonly LimitSubject[]): readonly Budget[] {
    return budgetsOf({
      subjects,
      spentNanoUsd: (people) => this.counters.of(people, this.#epochMs()).spentNanoUsd,
      grants: this.#grants,
      epochMs: this.#epochMs(),
    });
  }

  /** Limits were used since the last sync, or requests are active. */
  get isBusy(): boolean {
    return this.hasAny && (this.#hasNews || this.#active > 0);
  }

  /** @param listener called when there is something to share or to read */
  onNews(listener: () => void): void {
    this.#listener = listener;
  }

  began(person: string): void {
    this.#active += 1;
    this.#news();
    this.counters.began(person, this.#epochMs());
  }

  ended(person: string): void {
    this.#active -= 1;
    this.#news();
    this.counters.ended(person);
  }

  used({ person, usage, costUsd }: RequestRecord): void {
    // Not needed without limits; when limits are set later, Redis has the totals.
    if (!this.hasAny) return;
    this.#news();
    const tokens = limitTokensOf(usage);
    const costNanoUsd = Math.round((costUsd ?? 0) * NANO);
    this.counters.used(person, { costNanoUsd, tokens }, this.#epochMs());
  }

  /** Called after each write of usage; while idle it does nothing for some seconds. */
  async sync(redis: Redis): Promise<void> {
    if (!this.hasAny) return;
    const { clock, proxyId } = this.#deps;
    const elapsedMs = clock.nowMs() - this.#syncedAtMs;
    if (!this.isBusy && elapsedMs < IDLE_INTERVAL_MS) return;
    const [epochMs, beganAtMs] = [this.#epochMs(), clock.nowMs()];
    const isWhole = beganAtMs - this.#sharedWholeAtMs >= WHOLE_INTERVAL_MS;
    this.#hasNews = false;
    const share = () => this.counters.share(epochMs, isWhole ? 'whole' : 'changed');
    const own = this.#hasRates ? { proxyId, share: share() } : undefined;
    const read = await syncLimits(redis, epochMs, own);
    this.#syncedAtMs = clock.nowMs();
    if (isWhole) this.#sharedWholeAtMs = beganAtMs;
    this.#grants = read.grants;
    this.counters.receive(read, epochMs);
  }

  subjectsOf(person: string): readonly LimitSubject[] {
    return this.#byPerson.get(person) ?? [];
  }

  #news(): void {
    this.#hasNews = true;
    if (this.hasAny) this.#listener();
  }

  #epochMs(): number {
    return Math.round(this.#deps.clock.epochMs());
  }
}

function hasRate({ requestsPerMinute, tokensPerMinute, activeRequests }: UsageLimits): boolean {
  return [requestsPerMinute, tokensPerMinute, activeRequests].some((limit) => limit !== undefined);
}
