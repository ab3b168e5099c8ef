/**
 * Cached name lookups: an answer is reused for a while, and the last good one also if the name server is slow
 * or unreachable. A changed address is found when the cache entry expires, so an endpoint that moved is
 * followed within seconds.
 */

import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Clock, systemClock } from '@zephyr/runtime/clock';

/** The shortest TTL used by gateways behind a CDN. */
const FRESH_MS = 10_000;
/** A longer outage of the name server deserves an error. */
const USABLE_MS = 300_000;
/** `getaddrinfo` may wait for several servers in turn. */
const SLOW_MS = 2_000;

export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

interface KnownAddresses {
  readonly addresses: readonly LookupAddress[];
  readonly atMs: number;
}

export interface LookupOptions {
  readonly resolve?: Resolve | undefined;
  readonly clock?: Clock | undefined;
}

export function createLookup({
  resolve = resolveBySystem,
  clock = systemClock,
}: LookupOptions = {}): LookupFunction {
  const known = new Map<string, KnownAddresses>();

  return (hostname, { all }, callback) => {
    const give = (addresses: readonly LookupAddress[]): void => {
      const [first] = addresses;
      if (all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? '', first?.family);
    };
    const memory = known.get(hostname);
    if (memory !== undefined && clock.nowMs() - memory.atMs < FRESH_MS) {
      give(memory.addresses);
      return;
    }
    const fallback =
      memory !== undefined && clock.nowMs() - memory.atMs < USABLE_MS
        ? memory.addresses
        : undefined;
    let isAnswered = false;
    const once = (act: () => void): void => {
      if (isAnswered) return;
      isAnswered = true;
      clock.clearTimer(slow);
      act();
    };
    const slow = clock.setTimer(() => {
      if (fallback !== undefined) once(() => give(fallback));
    }, SLOW_MS);
    resolve(hostname, (error, addresses) => {
      if (error === null && addresses.length > 0) {
        known.set(hostname, { addresses, atMs: clock.nowMs() });
        once(() => give(addresses));
        return;
      }
      once(() => {
        if (fallback !== undefined) give(fallback);
        else callback(error ?? notFound(hostname), '');
      });
    });
  };
}

const resolveBySystem: Resolve = (hostname, done) => {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []));
};

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' });
}
