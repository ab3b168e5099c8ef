import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B } from '../test-support/scenario.ts';
import { rampedEndpoint, rampShare } from './switch-ramp.ts';

const ramp = { fromId: A, startShare: 0.25, durationMs: 10_000, elapsedMs: 0 };
const keys = Array.from({ length: 4_000 }, (_, index) => `session-${index}`);

describe('rampShare', () => {
  it.each([
    { sinceReceivedMs: 0, elapsedMs: 0, share: 0.25 },
    { sinceReceivedMs: 5_000, elapsedMs: 0, share: 0.625 },
    { sinceReceivedMs: 2_000, elapsedMs: 3_000, share: 0.625 },
    { sinceReceivedMs: 10_000, elapsedMs: 0, share: 1 },
    { sinceReceivedMs: 99_000, elapsedMs: 0, share: 1 },
  ])(
    'is $share after $elapsedMs + $sinceReceivedMs ms',
    ({ sinceReceivedMs, elapsedMs, share }) => {
      expect(rampShare({ ...ramp, elapsedMs }, sinceReceivedMs)).toBeCloseTo(share);
    },
  );
});

describe('a ramp without a length', () => {
  it('is over immediately; one that has not begun is at its start', () => {
    expect(rampShare({ ...ramp, durationMs: 0 }, 0)).toBe(1);
    expect(rampShare({ ...ramp, durationMs: 1 }, 0)).toBe(0.25);
    expect(rampShare(ramp, -5_000)).toBe(0.25);
  });
});

describe('rampedEndpoint', () => {
  it('places a key by its hash, alike in all versions of a proxy', () => {
    // FNV-1a and the final mix of MurmurHash3, as in other replicas.
    const shareOf = (key: string) => {
      let [low, high] = [0, 1];
      for (let step = 0; step < 24; step += 1) {
        const share = (low + high) / 2;
        const at = { ...ramp, startShare: share };
        const isMoved = rampedEndpoint(at, { activeId: B, key, sinceReceivedMs: 0 }) === B;
        [low, high] = isMoved ? [low, share] : [share, high];
      }
      return low;
    };
    expect(['', 'a', 'session-1', 'session-2'].map((key) => shareOf(key).toFixed(5))).toEqual([
      ...['0.66892', '0.10353', '0.13953', '0.61474'],
    ]);
  });

  it('sends about the share to the new endpoint', () => {
    const moved = keys.filter(
      (key) => rampedEndpoint(ramp, { activeId: B, key, sinceReceivedMs: 0 }) === B,
    );
    expect(moved.length / keys.length).toBeGreaterThan(0.22);
    expect(moved.length / keys.length).toBeLessThan(0.28);
  });

  it('never moves a session back to the old endpoint', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(12_000), fc.nat(12_000), (key, one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)];
        const before = rampedEndpoint(ramp, { activeId: B, key, sinceReceivedMs: early });
        const after = rampedEndpoint(ramp, { activeId: B, key, sinceReceivedMs: late });
        expect(before === B && after === A).toBe(false);
      }),
    );
  });
});
