import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B } from '../test-support/scenario.ts';
import { rampedEndpoint, rampShare } from './ramp.ts';

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

describe('rampedEndpoint', () => {
  it('sends about the share to the new endpoint', () => {
    const moved = keys.filter(
      (key) => rampedEndpoint(ramp, { activeId: B, key, sinceReceivedMs: 0 }) === B,
    );
    expect(moved.length / keys.length).toBeGreaterThan(0.22);
    expect(moved.length / keys.length).toBeLessThan(0.28);
  });

  it('never takes a session back to the old endpoint', () => {
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
