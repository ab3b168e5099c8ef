/**
 * What people ask differs from minute to minute, and few requests are of one class. So that all of them
 * can be compared, each time is converted to that of a typical request: a class that usually takes
 * twice as long as the others counts half. How long a class usually takes beside the others is one
 * number for all endpoints, and is learned against what its endpoint takes at that moment, so that an
 * endpoint that becomes slow does not make the class slow.
 *
 * Requests whose prompt comes from the cache are one pool, the others another one: how long a prompt is
 * read depends on its length more than on its class.
 */
import type { TtftSample } from '@zephyr/contract/outcome';
import type { EpochMs } from '@zephyr/contract/scalars';

import { own } from '../own.ts';

export interface ClassMix {
  /** By class, of the closed set `LATENCY_CLASSES`. */
  readonly classes: Readonly<Record<string, LearnedLog>>;
  /** The mean over what people ask. */
  readonly typical: LearnedLog;
}

/** A mean of logarithms, much slower than that of an endpoint, so that it does not follow the endpoint. */
export interface LearnedLog {
  readonly log: number;
  readonly requests: number;
  readonly atMs: EpochMs;
}

export const POOLS = ['cached', 'fresh'] as const;
export type Pool = (typeof POOLS)[number];

export function poolOf(className: string): Pool {
  return className.endsWith('/cached') ? 'cached' : 'fresh';
}

/** The largest deviation of one request that counts, in logarithms. */
const MOST_STEP = 1;
/** Half of what is known of a class is from this time, once it is known. */
const HALF_LIFE_MS = 1_800_000;

/** What a typical request takes at an endpoint. */
export interface Reference {
  readonly log: number;
  /** It is the endpoint of the samples, and measured of late; otherwise the one measured last. */
  readonly isCurrent: boolean;
}

/** The times of the samples, all of one endpoint and one pool, as those of typical requests. */
export function typicalTimes(
  mix: ClassMix | undefined,
  samples: readonly TtftSample[],
  { reference, nowMs }: { readonly reference: Reference | undefined; readonly nowMs: EpochMs },
): { readonly timesMs: readonly number[]; readonly mix: ClassMix } {
  const timesMs: number[] = [];
  const [first] = samples;
  const typical = mix?.typical ?? { log: 0, requests: 0, atMs: nowMs };
  const here = reference ?? { log: logOf(first), isCurrent: true };
  let next: ClassMix = { classes: mix?.classes ?? {}, typical };
  for (const sample of samples) {
    const known = own(next.classes, sample.class);
    const former = known ?? {
      log: logOf(sample) + typical.log - here.log,
      requests: 0,
      atMs: nowMs,
    };
    const log = logOf(sample) - former.log + typical.log;
    // The first of its class says how long the class takes, not how fast the endpoint is.
    if (known !== undefined || reference === undefined) timesMs.push(Math.exp(log));
    const isLearned = here.isCurrent || known === undefined;
    const learned = isLearned ? learn(former, former.log + clamp(log - here.log), nowMs) : former;
    next = {
      classes: { ...next.classes, [sample.class]: learned },
      typical: learn(next.typical, learned.log, nowMs),
    };
  }
  return { timesMs, mix: next };
}

function learn({ log, requests, atMs }: LearnedLog, toLog: number, nowMs: EpochMs): LearnedLog {
  const share = Math.max(1 / (requests + 1), 1 - 2 ** (-Math.max(0, nowMs - atMs) / HALF_LIFE_MS));
  return { log: log + share * (toLog - log), requests: requests + 1, atMs: nowMs };
}

function logOf(sample: TtftSample | undefined): number {
  return Math.log(Math.max(1, sample?.ms ?? 1));
}

function clamp(log: number): number {
  return Math.min(Math.max(log, -MOST_STEP), MOST_STEP);
}
