/**
 * How long to wait for the first content of an answer before trying another endpoint. The limit follows
 * what is usual for this endpoint and request class: a frozen endpoint is abandoned within seconds, while
 * one that is always slow is waited for.
 */
import type { EndpointId } from '@zephyr/contract/scalars';

import { latencyClassOf } from './request-class.ts';

export const FIRST_BYTE_NUMBERS = {
  /** A shorter wait never counts as frozen: a model may be thinking. */
  minTimeoutMs: 5_000,
  /** This many times the usual time (the second slowest of the recent answers) counts as frozen. */
  usualFactor: 3,
  /** Answers to remember per class, and how many are enough to know what is usual. */
  maxTimes: 16,
  minTimes: 4,
  /** The limit while no usual time is known: slower first bytes are rare. */
  unusualMs: 45_000,
} as const;
const { minTimeoutMs, usualFactor, maxTimes, minTimes } = FIRST_BYTE_NUMBERS;
/** Endpoints times classes; above this, the least recently used one is evicted. */
const MAX_CLASSES = 4_096;

/** Requests whose first content takes about equally long at one endpoint. */
export interface TtftClass {
  /** See `requestClassOf`. */
  readonly requestClass: string;
  /**
   * The endpoint has the session's prompt cache. Reading a long prompt takes many times as long as a cache
   * hit: with one limit for both, the first request of every session that moves would look frozen.
   */
  readonly isCached: boolean;
}

export interface FirstByteLimits {
  /** The limit while the usual time is unknown. */
  readonly unusualMs: number;
  /** The maximum limit. */
  readonly ceilingMs: number;
  /** How long reading the prompt may take; added if only the other kind (cached or not) is known. */
  readonly readingMs: number;
}

/** Bounded in memory. */
export class TtftTimes {
  readonly #times = new Map<string, number[]>();

  note(id: EndpointId, of: TtftClass, ms: number): void {
    const key = keyOf(id, of);
    const times = this.#times.get(key) ?? [];
    times.push(ms);
    if (times.length > maxTimes) times.shift();
    this.#times.delete(key);
    this.#times.set(key, times);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_CLASSES && oldest !== undefined) this.#times.delete(oldest);
  }

  timeoutMs(id: EndpointId, of: TtftClass, limits: FirstByteLimits): number {
    const own = this.#usualMs(id, of);
    const usualMs = own ?? this.#usualMs(id, { ...of, isCached: !of.isCached });
    if (usualMs === undefined) return limits.unusualMs;
    const limit = Math.max(minTimeoutMs, usualFactor * usualMs);
    const readingMs = own === undefined ? limits.readingMs : 0;
    return Math.round(Math.min(limit + readingMs, limits.ceilingMs));
  }

  /** The median time of such requests there, or else of those with the other state of the cache. */
  typicalMs(id: EndpointId, of: TtftClass): number | undefined {
    const times = this.#known(id, of) ?? this.#known(id, { ...of, isCached: !of.isCached });
    return times === undefined ? undefined : upperMedian(times);
  }

  /**
   * The same; if the class is unknown, of the other prompt sizes: the slowest with the prompt in the cache,
   * or else the fastest without, because reading a long prompt may take as long as the wait.
   */
  modelFamilyMs(id: EndpointId, of: TtftClass): number | undefined {
    const own = this.typicalMs(id, of);
    if (own !== undefined) return own;
    const [modelFamily = ''] = of.requestClass.split('/');
    const known = [...this.#times].filter(
      ([key, times]) => key.startsWith(`${id} ${modelFamily}/`) && times.length >= minTimes,
    );
    const isCached = ([key]: (typeof known)[number]): boolean => key.endsWith('/cached');
    const cached = known.filter(isCached).map(([, times]) => upperMedian(times));
    if (cached.length > 0) return Math.max(...cached);
    return known.length === 0
      ? undefined
      : Math.min(...known.map(([, times]) => upperMedian(times)));
  }

  #usualMs(id: EndpointId, of: TtftClass): number | undefined {
    const times = this.#known(id, of);
    return times === undefined ? undefined : secondLargest(times);
  }

  #known(id: EndpointId, of: TtftClass): readonly number[] | undefined {
    const times = this.#times.get(keyOf(id, of));
    return times === undefined || times.length < minTimes ? undefined : times;
  }

  /** The endpoint's token or URL changed. */
  forget(id: EndpointId): void {
    for (const key of this.#times.keys()) if (key.startsWith(`${id} `)) this.#times.delete(key);
  }
}

function keyOf(id: EndpointId, { requestClass, isCached }: TtftClass): string {
  return `${id} ${latencyClassOf(requestClass, isCached)}`;
}

/** The median; the higher of two middle values, unlike `median`. 0 without values. */
function upperMedian(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** Not the slowest: one very slow answer must not make all waits long. */
function secondLargest(times: readonly number[]): number {
  let [first, second] = [0, 0];
  for (const ms of times) {
    if (ms > first) [first, second] = [ms, first];
    else if (ms > second) second = ms;
  }
  return second;
}
