import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, C } from '../test-support/scenario.ts';
import { sharedEndpoint, shareOf } from './weighted-rendezvous.ts';

const keys = Array.from({ length: 4_000 }, (_, index) => `session-${index}`);
const shares = [
  { id: A, weight: 3 },
  { id: B, weight: 1 },
  { id: C, weight: 0.5 },
];

describe('sharedEndpoint', () => {
  it('gives each endpoint sessions by its weight', () => {
    const placed = Map.groupBy(keys, (key) => sharedEndpoint(shares, key));
    for (const { id, weight } of shares) {
      const share = (placed.get(id)?.length ?? 0) / keys.length;
      expect(Math.abs(share - weight / 4.5)).toBeLessThan(0.03);
    }
  });

  it('places a session alike whatever the order of the endpoints', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.shuffledSubarray(shares, { minLength: 3 }), (key, shuffled) => {
        expect(sharedEndpoint(shuffled, key)).toBe(sharedEndpoint(shares, key));
      }),
    );
  });

  it('moves only the sessions of a removed endpoint', () => {
    const left = shares.filter(({ id }) => id !== A);
    const moved = keys.filter((key) => sharedEndpoint(left, key) !== sharedEndpoint(shares, key));
    expect(moved.every((key) => sharedEndpoint(shares, key) === A)).toBe(true);
    expect(new Set(moved.map((key) => sharedEndpoint(left, key)))).toEqual(new Set([B, C]));
  });

  it('is undefined if there is none to choose from', () => {
    expect(sharedEndpoint([], 'session')).toBeUndefined();
  });
});

describe('shareOf', () => {
  it('is the share of new sessions, and null if there is none', () => {
    const two = shares.slice(0, 2);
    expect([A, B, C].map((id) => shareOf(two, id))).toEqual([0.75, 0.25, null]);
    expect(shareOf(undefined, A)).toBeNull();
  });
});
