/** The worlds to compare the rules in: those of speed and outages. Each is generated from a seed. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';

import { type Endpoint, generateRequests, type Nature, type TrafficShape } from './nature.ts';
import { type Random, seededRandom, seedOf } from './random.ts';
import { TROUBLE_KINDS } from './trouble-worlds.ts';
import {
  down,
  fiveSteady,
  inTrouble,
  LONG_CONVERSATIONS,
  periods,
  SOUND,
  steady,
  type WorldKind,
} from './world-parts.ts';

const TEAM: TrafficShape = {
  durationMs: 4 * HOUR_MS,
  sessionsPerHour: () => 24,
  requestsPerSession: 25,
  firstTokens: 25_000,
  tokensPerRequest: 1_500,
};

const drifting = (random: Random, sigma = 0.25): Endpoint => {
  const middle = random.between(300, 700);
  const swing = random.between(0.3, 0.6);
  const cycleMs = random.between(40, 120) * MINUTE_MS;
  const phase = random.between(0, 2 * Math.PI);
  return (atMs) => ({
    overheadMs: middle * (1 + swing * Math.sin(phase + (2 * Math.PI * atMs) / cycleMs)),
    sigma,
    ...SOUND,
  });
};

const jumping = (random: Random, durationMs: number, everyMs: number): Endpoint => {
  const levels: { readonly untilMs: number; readonly overheadMs: number }[] = [];
  for (let untilMs = 0; untilMs < durationMs; ) {
    untilMs += random.exponential(everyMs);
    levels.push({ untilMs, overheadMs: random.between(200, 1_200) });
  }
  return (atMs) => {
    const level = levels.find(({ untilMs }) => atMs < untilMs);
    return { overheadMs: level?.overheadMs ?? 600, sigma: 0.25, ...SOUND };
  };
};

const KINDS: readonly WorldKind[] = [
  {
    name: 'noisy',
    about: 'five nearly equal endpoints with very noisy times: nothing to gain by moving',
    endpoints: (random) => fiveSteady(random, 300, 420, 0.6),
  },
  {
    name: 'apart',
    about: 'five endpoints of clearly different, constant speed',
    endpoints: (random) => fiveSteady(random, 200, 1_500),
  },
  {
    name: 'drift',
    about: 'the speed of each endpoint rises and falls slowly, within one or two hours',
    endpoints: (random) => Array.from({ length: 5 }, () => drifting(random)),
  },
  {
    name: 'jumps',
    about: 'the speed of each endpoint changes suddenly, every 40 minutes on average',
    endpoints: (random, durationMs) =>
      Array.from({ length: 5 }, () => jumping(random, durationMs, 40 * MINUTE_MS)),
  },
  {
    name: 'congestion',
    about: 'each endpoint is now and then four times slower for about 8 minutes',
    endpoints: (random, durationMs) =>
      fiveSteady(random, 250, 600).map((base) =>
        inTrouble(
          base,
          periods(random, { durationMs, calmMs: 50 * MINUTE_MS, troubleMs: 8 * MINUTE_MS }),
          (condition) => ({ ...condition, overheadMs: condition.overheadMs * 4 }),
        ),
      ),
  },
  {
    name: 'outages',
    about: 'each endpoint is down for some minutes every hour: it refuses, or it hangs',
    endpoints: (random, durationMs) =>
      fiveSteady(random, 250, 600).map((base, index) =>
        inTrouble(
          base,
          periods(random, { durationMs, calmMs: 60 * MINUTE_MS, troubleMs: 5 * MINUTE_MS }),
          down(index % 2 === 0 ? 'connection_refused' : 'first_byte_timeout'),
        ),
      ),
  },
  {
    name: 'flapping',
    about: 'the fastest endpoint goes up and down every few seconds to minutes',
    endpoints: (random, durationMs) => [
      inTrouble(
        steady(180),
        periods(random, { durationMs, calmMs: 45_000, troubleMs: 30_000 }),
        down('server_error'),
      ),
      ...fiveSteady(random, 300, 500).slice(1),
    ],
  },
  {
    name: 'unsound',
    about: 'the fastest endpoint fails every eighth request; the others are sound',
    endpoints: (random) => [
      () => ({ overheadMs: 200, sigma: 0.25, failureRatio: 0.125, failure: 'server_error' }),
      ...fiveSteady(random, 260, 500).slice(1),
    ],
  },
  {
    name: 'overload',
    about: 'the model is overloaded on all endpoints at once for about 10 minutes, several times',
    endpoints: (random, durationMs) => {
      const when = periods(random, {
        durationMs,
        calmMs: 40 * MINUTE_MS,
        troubleMs: 10 * MINUTE_MS,
      });
      return fiveSteady(random, 250, 600).map((base) =>
        inTrouble(base, when, (condition) => ({
          ...condition,
          failureRatio: 0.5,
          failure: 'overloaded',
        })),
      );
    },
  },
  {
    name: 'long sessions',
    about: 'long conversations with large caches; the endpoints drift',
    traffic: LONG_CONVERSATIONS,
    endpoints: (random) => Array.from({ length: 5 }, () => drifting(random)),
  },
  {
    name: 'day and night',
    about:
      '24 hours: busy by day, almost nobody by night; what people ask differs, endpoints drift',
    traffic: {
      durationMs: DAY_MS,
      sessionsPerHour: (atMs) => 0.3 + 14 * Math.max(0, Math.sin((2 * Math.PI * atMs) / DAY_MS)),
      workFactor: (atMs) => 1 + 0.5 * Math.sin((2 * Math.PI * atMs) / (5 * HOUR_MS)),
    },
    endpoints: (random) => Array.from({ length: 5 }, () => drifting(random)),
  },
];

/** 100,000 tokens take 11.5 s without a cache and 2.4 s with: anthropic.com/news/prompt-caching */
const REBUILD_MS_PER_TOKEN = 0.09;

interface WorldOptions {
  /** If false, only the speed of the endpoints counts. */
  readonly withCaches?: boolean;
  /** Minimum duration; everything in them keeps the same rate. */
  readonly durationMs?: number;
}

export function makeWorlds(
  seed: number,
  { withCaches = true, durationMs = 0 }: WorldOptions = {},
): readonly Nature[] {
  return [...KINDS, ...TROUBLE_KINDS].map((kind, index) => {
    const own = seedOf(seed, index);
    const shape = { ...TEAM, ...kind.traffic };
    const traffic = { ...shape, durationMs: Math.max(shape.durationMs, durationMs) };
    return {
      name: kind.name,
      about: kind.about,
      durationMs: traffic.durationMs,
      rebuildMsPerToken: withCaches ? REBUILD_MS_PER_TOKEN : 0,
      endpoints: kind.endpoints(seededRandom(own), traffic.durationMs),
      requests: generateRequests(traffic, own),
    };
  });
}
