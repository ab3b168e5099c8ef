/** Worlds of realistic gateways: random overload, limits, a poisonous person, cuts, slowness. */
import { MINUTE_MS } from '@zephyr/contract/units';

import { type Asked, type Endpoint, OPUS } from './nature.ts';
import type { Random } from './random.ts';
import {
  down,
  fiveSteady,
  inTrouble,
  LONG_CONVERSATIONS,
  periods,
  type WorldKind,
} from './world-parts.ts';

/** A refusal is immediate, whatever the request. */
function overloadedByChance(percent: number): WorldKind {
  return {
    name: `overloaded by chance, ${percent} %`,
    about: `every endpoint refuses ${percent} % of all requests by chance with 529, all the time`,
    endpoints: (random) =>
      fiveSteady(random, 250, 600).map(
        (base): Endpoint =>
          (atMs, asked) => ({
            ...base(atMs, asked),
            failureRatio: percent / 100,
            failure: 'overloaded',
          }),
      ),
  };
}

const isOpus = (asked: Asked): boolean => asked.model === OPUS;

/** Each endpoint has its own occasional trouble. */
function each(
  random: Random,
  about: { readonly durationMs: number; readonly calmMs: number; readonly troubleMs: number },
  trouble: Parameters<typeof inTrouble>[2],
): Endpoint[] {
  return fiveSteady(random, 250, 600).map((base) =>
    inTrouble(base, periods(random, about), trouble),
  );
}

export const TROUBLE_KINDS: readonly WorldKind[] = [
  ...[5, 20, 40].map(overloadedByChance),
  {
    name: 'limits of one model',
    about:
      'each endpoint now and then refuses one model for half an hour with a 429 that names the time; other models keep working',
    endpoints: (random, durationMs) =>
      fiveSteady(random, 250, 600).map((base): Endpoint => {
        const when = periods(random, {
          durationMs,
          calmMs: 60 * MINUTE_MS,
          troubleMs: 30 * MINUTE_MS,
        });
        return (atMs, asked) => {
          const period = when.find(([start, end]) => atMs >= start && atMs < end);
          if (period === undefined || !isOpus(asked)) return base(atMs, asked);
          const waitMs = period[1] - atMs;
          return { ...base(atMs, asked), failureRatio: 1, failure: 'rate_limited', waitMs };
        };
      }),
  },
  {
    name: 'one poisonous person',
    about:
      'one person of ten sends requests that every endpoint answers with 500; the figures are those of the other nine',
    traffic: { isPoison: (person) => person === 0 },
    endpoints: (random) =>
      fiveSteady(random, 250, 600).map(
        (base): Endpoint =>
          (atMs, asked) => {
            const isPoison = asked.from === 'person' && asked.request.isPoison;
            if (!isPoison) return base(atMs, asked);
            return { ...base(atMs, asked), failureRatio: 1, failure: 'server_error' };
          },
      ),
  },
  {
    name: 'second failures',
    about: 'each endpoint repeatedly fails with 503 for a minute, and works in between',
    endpoints: (random, durationMs) =>
      each(
        random,
        { durationMs, calmMs: 12 * MINUTE_MS, troubleMs: MINUTE_MS },
        down('server_error'),
      ),
  },
  {
    name: 'cuts',
    about: 'each endpoint cuts all its answers after the first content for some minutes every hour',
    endpoints: (random, durationMs) =>
      each(
        random,
        { durationMs, calmMs: 60 * MINUTE_MS, troubleMs: 8 * MINUTE_MS },
        down('truncated'),
      ),
  },
  {
    name: 'slow for people',
    about:
      'each endpoint is now and then 1.2 s slower for people for a quarter of an hour; its probes see nothing',
    endpoints: (random, durationMs) =>
      each(
        random,
        { durationMs, calmMs: 45 * MINUTE_MS, troubleMs: 15 * MINUTE_MS },
        (condition, { from }) =>
          from === 'probe' ? condition : { ...condition, overheadMs: condition.overheadMs + 1_200 },
      ),
  },
  {
    name: 'slow heads',
    about:
      'every endpoint holds the head of an answer of the largest model for 20 to 40 s; nothing is wrong',
    endpoints: (random) =>
      fiveSteady(random, 250, 600).map((base): Endpoint => {
        const heldMs = random.between(20_000, 40_000);
        return (atMs, asked) => {
          const condition = base(atMs, asked);
          if (!isOpus(asked)) return condition;
          return { ...condition, overheadMs: condition.overheadMs + heldMs, sigma: 0.05 };
        };
      }),
  },
  {
    name: 'errors by chance, 10 %',
    about:
      'every endpoint answers 10 % of all requests by chance with 500, all the time; long conversations',
    traffic: LONG_CONVERSATIONS,
    endpoints: (random) =>
      fiveSteady(random, 250, 600).map(
        (base): Endpoint =>
          (atMs, asked) => ({ ...base(atMs, asked), failureRatio: 0.1, failure: 'server_error' }),
      ),
  },
];
