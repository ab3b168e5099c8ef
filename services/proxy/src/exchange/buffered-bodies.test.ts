import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BufferedBodies } from './buffered-bodies.ts';

const LIMIT = 1_000;

describe('BufferedBodies', () => {
  it('gives a single person half of the memory, and leaves the rest to the next', () => {
    const bodies = new BufferedBodies(LIMIT);
    expect(bodies.tryBuffer('ann', 500)).toBe(true);
    expect(bodies.tryBuffer('ann', 1)).toBe(false);
    expect(bodies.tryBuffer('bob', 250)).toBe(true);
    expect(bodies.tryBuffer('bob', 1)).toBe(false);
    expect(bodies.tryBuffer('cyd', 125)).toBe(true);
  });

  it('frees released memory', () => {
    const bodies = new BufferedBodies(LIMIT);
    for (let round = 0; round < 2; round += 1) {
      expect(bodies.tryBuffer('ann', 500)).toBe(true);
      bodies.release('ann', 500);
    }
    expect(bodies.bytes).toBe(0);
  });

  it('counts what a person still has buffered', () => {
    const bodies = new BufferedBodies(LIMIT);
    bodies.tryBuffer('ann', 400);
    bodies.release('ann', 100);
    expect(bodies.bytes).toBe(300);
    expect(bodies.tryBuffer('ann', 201)).toBe(false);
    expect(bodies.tryBuffer('ann', 200)).toBe(true);
    const few = new BufferedBodies(5);
    few.tryBuffer('ann', 2);
    few.release('ann', 1);
    expect([few.bytes, few.tryBuffer('ann', 2)]).toEqual([1, false]);
  });

  it('applies a changed limit', () => {
    const bodies = new BufferedBodies(LIMIT);
    bodies.tryBuffer('ann', 400);
    bodies.reconfigure(500);
    expect([bodies.bytes, bodies.tryBuffer('bob', 60), bodies.tryBuffer('bob', 50)]).toEqual([
      ...[400, false, true],
    ]);
  });

  it('buffers nothing if the limit is zero', () => {
    const bodies = new BufferedBodies(0);
    expect(bodies.tryBuffer('ann', 1)).toBe(false);
  });

  it('whatever three people buffer, a fourth gets a share', () => {
    const uploads = fc.array(
      fc.record({
        caller: fc.constantFrom('a', 'b', 'c'),
        bytes: fc.integer({ min: 1, max: 400 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(uploads, (all) => {
        const bodies = new BufferedBodies(LIMIT);
        const buffered = new Map<string, number>();
        for (const { caller, bytes } of all) {
          if (bodies.tryBuffer(caller, bytes))
            buffered.set(caller, (buffered.get(caller) ?? 0) + bytes);
        }
        const total = [...buffered.values()].reduce((sum, bytes) => sum + bytes, 0);
        expect(bodies.bytes).toBe(total);
        // The greediest three buffer 1/2, 1/4 and 1/8.
        expect(total).toBeLessThanOrEqual((LIMIT * 7) / 8);
        expect(bodies.tryBuffer('newcomer', Math.floor(LIMIT / 16))).toBe(true);
      }),
    );
  });
});
