/**
 * How long to wait for the first content of an answer before another endpoint is asked. It follows
 * what is usual for this endpoint and class of request: a frozen endpoint is left after seconds, one
 * that always takes its time is waited for.
 */
import type { EndpointId } from '../types.ts';

/** A wait shorter than this is never called frozen: a model may think. */
export const LEAST_LIMIT_MS = 5_000;
/** How much longer than usual, which is the second slowest of the recent answers, is frozen. */
const USUAL_FACTOR = 3;
/** Answers to remember for each class, and how many make it usual. */
const MAX_TIMES = 16;
const LEAST_TIMES = 4;
/** Endpoints times classes; beyond, the class that was used least recently is forgotten. */
const MAX_CLASSES = 4_096;

export interface FirstByteLimits {
  /** While nothing is usual yet. */
  readonly unusualMs: number;
  /** At most. */
  readonly ceilingMs: number;
}

/** Bounded in memory. */
export class FirstByteTimes {
  readonly #times = new Map<string, number[]>();

  note(id: EndpointId, requestClass: string, ms: number): void {
    const key = keyOf(id, requestClass);
    const times = this.#times.get(key) ?? [];
    times.push(ms);
    if (times.length > MAX_TIMES) times.shift();
    this.#times.delete(key);
    this.#times.set(key, times);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_CLASSES && oldest !== undefined) this.#times.delete(oldest);
  }

  limitMs(id: EndpointId, requestClass: string, limits: FirstByteLimits): number {
    const { unusualMs, ceilingMs } = limits;
    const times = this.#times.get(keyOf(id, requestClass));
    if (times === undefined || times.length < LEAST_TIMES) return unusualMs;
    const limit = Math.max(LEAST_LIMIT_MS, USUAL_FACTOR * secondLargest(times));
    return Math.round(Math.min(limit, ceilingMs));
  }

  /** Its token or URL changed. */
  forget(id: EndpointId): void {
    for (const key of this.#times.keys())
      if (key.startsWith(keyOf(id, ''))) this.#times.delete(key);
  }
}

function keyOf(id: EndpointId, requestClass: string): string {
  return `${id} ${requestClass}`;
}

/** One very slow answer must not make all waits long. */
function secondLargest(times: readonly number[]): number {
  let [first, second] = [0, 0];
  for (const ms of times) {
    if (ms > first) [first, second] = [ms, first];
    else if (ms > second) second = ms;
  }
  return second;
}
