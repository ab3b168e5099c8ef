import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { A, GROUP, Scenario, withRequests } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import type { GroupState } from '../world/world.ts';
import { idleIntervalMs, LOAD_SCALING_NUMBERS, scaledInterval } from './load-scaled-interval.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the interval under load', () => {
  const group: GroupState = {
    ...GROUP,
    intervalMs: 60_000,
    minIntervalMs: 15_000,
    day: 0,
    spentUsd: 0,
  };
  const { mediumLoadRequests, highLoadRequests } = LOAD_SCALING_NUMBERS;

  it.each([
    { requests: 1, expected: { intervalMs: 60_000, why: 'load' } },
    { requests: mediumLoadRequests - 1, expected: { intervalMs: 60_000, why: 'load' } },
    { requests: mediumLoadRequests, expected: { intervalMs: 30_000, why: 'load' } },
    { requests: highLoadRequests - 1, expected: { intervalMs: 30_000, why: 'load' } },
    { requests: highLoadRequests, expected: { intervalMs: 15_000, why: 'high_load' } },
  ])('with $requests active requests', ({ requests, expected }) => {
    const { world } = new Scenario().presence(withRequests({ [A]: requests }));
    const when = { epochMs: epochMs(HOUR), policy: LOAD_SCALING_NUMBERS };
    expect(scaledInterval(world, group, when)).toEqual(expected);
  });

  it('is in whole seconds, and never 0', () => {
    const { world } = new Scenario().presence(withRequests({ [A]: mediumLoadRequests }));
    const when = { epochMs: epochMs(0), policy: LOAD_SCALING_NUMBERS };
    const of = (intervalMs: number) =>
      scaledInterval(world, { ...group, intervalMs, minIntervalMs: intervalMs }, when).intervalMs;
    expect([of(1_499), of(1_500), of(200)]).toEqual([1_000, 2_000, 1_000]);
  });
});

describe('the interval while idle', () => {
  it('is never below the configured one nor above the longest', () => {
    fc.assert(
      fc.property(fc.nat(5 * HOUR), fc.nat(5 * HOUR), (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const [early, late] = [idleIntervalMs(GROUP, less), idleIntervalMs(GROUP, more)];
        expect(early).toBeGreaterThanOrEqual(GROUP.intervalMs);
        expect(late).toBeGreaterThanOrEqual(early);
        expect(late).toBeLessThanOrEqual(GROUP.maxIntervalMs);
      }),
    );
  });

  const step = (HOUR - MINUTE) / 10;
  it.each([
    { name: 'none of it', idleMs: 0, intervalMs: 60_000 },
    { name: 'a minute and almost a step', idleMs: MINUTE + step - 1, intervalMs: 60_000 },
    { name: 'a minute and a step', idleMs: MINUTE + step, intervalMs: 90_000 },
    { name: 'a minute and five steps', idleMs: MINUTE + 5 * step, intervalMs: 465_000 },
    { name: 'almost an hour', idleMs: HOUR - 1, intervalMs: 2_390_000 },
    { name: 'an hour', idleMs: HOUR, intervalMs: HOUR },
    { name: 'a week', idleMs: 7 * 24 * HOUR, intervalMs: HOUR },
  ])('after $name is $intervalMs ms', ({ idleMs, intervalMs }) => {
    expect(idleIntervalMs(GROUP, idleMs)).toBe(intervalMs);
  });

  it('stays the configured one if that is the longest', () => {
    expect(idleIntervalMs({ intervalMs: 60_000, maxIntervalMs: 30_000 }, HOUR)).toBe(60_000);
  });

  it('counts from the last active request', () => {
    const story = new Scenario({ group: { dynamicScaling: true } }).rounds(1, { a: 500, b: 500 });
    story.presence(withRequests({ [A]: 1 })).presence(withRequests({}));
    const busyAtMs = story.atMs;
    story.pass(HOUR - 1);
    expect(story.world.lastBusyAtMs).toBe(busyAtMs);
    expect(story.world.probePlans[A]).toMatchObject({ intervalMs: 2_390_000, why: 'idle' });
    story.pass(1);
    expect(story.world.probePlans[A]).toMatchObject({ intervalMs: HOUR, why: 'idle' });
  });
});
