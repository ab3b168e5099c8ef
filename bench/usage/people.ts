/** Requests of a thousand people within a day: when, to which endpoint, and with how many tokens. Seeded. */
import { HOUR_MS } from '@zephyr/contract/units';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';

import { type Random, seededRandom } from '../simulation/random.ts';

export const PEOPLE = 1_000;
const TEAM_SIZE = 20;
const REQUESTS_PER_PERSON = 300;
/** Load by hour of the day, UTC: one time zone's working day, and a little at night. */
const HOURS = [
  0.3, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5, 2, 7, 10, 11, 9, 5, 8, 10, 11, 9, 6, 3, 2, 2, 1.5, 1, 0.6,
] as const;
/** The serving endpoint changes a few times a day. */
const HOURS_OF_AN_ENDPOINT = 4;
const MODELS = ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'] as const;

export interface Asked {
  readonly person: string;
  readonly model: string;
  readonly endpoint: string;
  readonly sessionId: string;
  /** Selects the proxy, in [0, 1). */
  readonly where: number;
  readonly durationMs: number;
  readonly usage: AnswerUsage;
  readonly isGood: boolean;
}

const personOf = (index: number): string => `person-${String(index).padStart(4, '0')}`;

export const CLIENTS = Array.from({ length: PEOPLE }, (_, index) => ({
  ...{ name: personOf(index), keySha256: '0'.repeat(64), admin: false },
}));

export const TEAMS = Array.from({ length: PEOPLE / TEAM_SIZE }, (_, team) => ({
  name: `team-${team}`,
  members: Array.from({ length: TEAM_SIZE }, (_unused, at) => personOf(team * TEAM_SIZE + at)),
  budgetUsdPerMonth: 50_000,
}));

export class People {
  readonly #random: Random;
  /** Cumulative weights of people: some use ten times as much as others. */
  readonly #upTo: readonly number[];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    let sum = 0;
    this.#upTo = Array.from({ length: PEOPLE }, () => {
      sum += this.#random.logNormal(0.8);
      return sum;
    });
  }

  /** The requests that begin within `durationMs` of this time of day. */
  within(durationMs: number, dayMs: number): readonly Asked[] {
    const hour = Math.floor(dayMs / HOUR_MS) % 24;
    const share = (HOURS[hour] ?? 0) / HOURS.reduce((sum, of) => sum + of, 0);
    const mean = (share * PEOPLE * REQUESTS_PER_PERSON * durationMs) / HOUR_MS;
    const asked: Asked[] = [];
    for (let count = this.#poisson(mean); count > 0; count -= 1) asked.push(this.#one(hour));
    return asked;
  }

  #one(hour: number): Asked {
    const random = this.#random;
    const index = this.#person();
    const number = (median: number): number => Math.round(median * random.logNormal(0.9));
    return {
      person: personOf(index),
      model: MODELS[(index + (random.next() < 0.2 ? 1 : 0)) % MODELS.length] ?? MODELS[0],
      endpoint: `relay-${Math.floor(hour / HOURS_OF_AN_ENDPOINT) % 3}`,
      sessionId: `${index}-${hour}-${Math.floor(random.between(0, 3))}`,
      where: random.next(),
      durationMs: 8_000 * random.logNormal(0.8),
      usage: {
        ...{ inputTokens: number(12), outputTokens: number(500), cacheReadTokens: number(60_000) },
        ...{ cacheWriteTokens: number(1_500), cacheWrite1hTokens: 0 },
      },
      isGood: random.next() < 0.99,
    };
  }

  #person(): number {
    const at = this.#random.between(0, this.#upTo.at(-1) ?? 0);
    let [low, high] = [0, PEOPLE - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #poisson(mean: number): number {
    const least = Math.exp(-mean);
    let count = 0;
    for (let left = this.#random.next(); left > least; left *= this.#random.next()) count += 1;
    return count;
  }
}
