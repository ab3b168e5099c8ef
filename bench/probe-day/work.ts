/** What happens to the endpoints in a day: requests of a working person, and outages. */
import { MINUTE_MS } from '@zephyr/contract/units';

export interface Outage {
  /** `connection`: refused. `answers`: connects, but the API returns errors. */
  readonly kind: 'connection' | 'answers';
  readonly lastsMs: number;
}

export interface Work {
  readonly rng: () => number;
  readonly isWorkTime: (second: number) => boolean;
  /** By second: requests that begin, requests that run. */
  readonly requests: ReadonlyMap<number, number>;
  readonly activeRequests: ReadonlyMap<number, number>;
  /** By the second in which they begin; always during work. */
  readonly outages: ReadonlyMap<number, Outage>;
}

const HOUR_S = 3_600;
const WORK_BEGINS_S = 9 * HOUR_S;
const WORK_ENDS_S = 17 * HOUR_S;
/** A turn of Claude Code every 20 s for 25 minutes, then five minutes of something else. */
const TURN_INTERVAL_S = 20;
const TURN_LASTS_S = 15;
const SPELL_S = 30 * 60;
const PAUSE_FROM_S = 25 * 60;
const OUTAGE_INTERVAL_S = 30 * 60;
const OUTAGE_MS = 10 * MINUTE_MS;

export function makeWork(seed: number): Work {
  const rng = randomFrom(seed);
  const requests = new Map<number, number>();
  const activeRequests = new Map<number, number>();
  const isWorkTime = (second: number): boolean => second >= WORK_BEGINS_S && second < WORK_ENDS_S;
  for (let second = WORK_BEGINS_S; second < WORK_ENDS_S; second += 1) {
    const isPause = (second - WORK_BEGINS_S) % SPELL_S >= PAUSE_FROM_S;
    if (isPause || rng() > 1 / TURN_INTERVAL_S) continue;
    requests.set(second, 1);
    for (let running = second; running < second + TURN_LASTS_S; running += 1)
      activeRequests.set(running, (activeRequests.get(running) ?? 0) + 1);
  }
  const outages = new Map<number, Outage>();
  for (let begin = WORK_BEGINS_S; begin < WORK_ENDS_S; begin += OUTAGE_INTERVAL_S) {
    const kind = outages.size % 2 === 0 ? 'connection' : 'answers';
    // Within the spell of work, so that it is an outage during use.
    outages.set(begin + 60 + Math.floor(rng() * (PAUSE_FROM_S - 120)), {
      kind,
      lastsMs: OUTAGE_MS,
    });
  }
  return { rng, isWorkTime, requests, activeRequests, outages };
}

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
