/**
 * Name lookups with a memory: an answer is used for a while without asking again, and the last good
 * one also when the name server is slow or away. An address that changed is found when the memory
 * ends, so an endpoint that moved is followed within seconds.
 */

import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type Clock, systemClock } from '@zephyr/runtime/clock';

/** As long as the shortest TTL that relays behind a CDN use. */
const FRESH_MS = 10_000;
/** A name server that is away longer than this is worth an error. */
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
    let answered = false;
    const once = (act: () => void): void => {
      if (answered) return;
      answered = true;
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
        else callback(error ?? notFound(hostname), '', 0);
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
