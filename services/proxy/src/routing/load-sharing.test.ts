import { endpointId, rampedEndpoint, sharedEndpoint } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { snapshotOf } from '../test-support/snapshots.ts';
import { newSessionEndpointOf } from './load-sharing.ts';

const active = endpointId('e1');
const other = endpointId('e2');
const former = endpointId('e3');
const RAMP = { fromId: former, startShare: 0, durationMs: 10_000, elapsedMs: 0 };
const SHARES = { e1: 1, e2: 1 };
const HALF_WAY_MS = 5_000;
const KEYS = Array.from({ length: 40 }, (_, number) => `session ${number}`);
const isRampedBack = (key: string) =>
  rampedEndpoint(RAMP, { activeId: active, key, sinceReceivedMs: HALF_WAY_MS }) === former;
const sharedBy = (key: string, ids = [active, other]) =>
  sharedEndpoint(
    ids.map((id) => ({ id, weight: 1 })),
    key,
  );

interface Setup {
  readonly ramp?: typeof RAMP;
  readonly shares?: Readonly<Record<string, number>>;
  readonly isOpen?: (id: string) => boolean;
}

/** Where the sessions go. */
function placed({ isOpen = () => true, ...parts }: Setup) {
  const snapshot = snapshotOf({ order: ['e1', 'e2', 'e3'], configHash: 'x', ...parts });
  return KEYS.map((key) =>
    newSessionEndpointOf(snapshot, { key, sinceReceivedMs: HALF_WAY_MS, isOpen }),
  );
}

describe('a new session', () => {
  it('goes to the preferred endpoint without a ramp or shares', () => {
    expect(placed({})).toEqual(KEYS.map(() => undefined));
  });

  it('goes to the former endpoint for a part of the traffic during a ramp', () => {
    expect(new Set(placed({ ramp: RAMP }))).toEqual(new Set([active, former]));
    expect(placed({ ramp: RAMP })).toEqual(
      KEYS.map((key) => (isRampedBack(key) ? former : active)),
    );
  });

  it('goes to one of those that share the load, by its key', () => {
    expect(placed({ shares: SHARES })).toEqual(KEYS.map((key) => sharedBy(key)));
    expect(new Set(placed({ shares: SHARES }))).toEqual(new Set([active, other]));
  });

  it('goes only to an eligible one of those', () => {
    const isOpen = (id: string) => id === other;
    expect(placed({ shares: SHARES, isOpen })).toEqual(KEYS.map(() => other));
  });

  it('stays back during a ramp before the load is shared', () => {
    expect(placed({ ramp: RAMP, shares: SHARES })).toEqual(
      KEYS.map((key) => (isRampedBack(key) ? former : sharedBy(key))),
    );
  });

  it('follows the ramp if none of those that share the load is eligible', () => {
    const nobody = () => false;
    expect(placed({ ramp: RAMP, shares: SHARES, isOpen: nobody })).toEqual(placed({ ramp: RAMP }));
    expect(placed({ shares: SHARES, isOpen: nobody })).toEqual(KEYS.map(() => undefined));
  });
});
