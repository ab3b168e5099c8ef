import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { RedisClock } from './redis-clock.ts';

/** Redis' time of the reply, far from our own wall clock. */
const REDIS_MS = 5_000_000;

/** Has observed Redis once, without a delay. */
function start() {
  const own = new ManualClock();
  const clock = new RedisClock(own);
  const observe = (redisNowMs: number, sentAgoMs = 0) =>
    clock.observe(redisNowMs, own.nowMs() - sentAgoMs);
  observe(REDIS_MS);
  return { own, clock, observe };
}

describe('RedisClock', () => {
  it('is our own wall clock until Redis has answered', () => {
    const own = new ManualClock();
    const clock = new RedisClock(own);
    expect(clock.epochMs()).toBe(own.epochMs());
    own.advance(7);
    expect(clock.epochMs()).toBe(own.epochMs());
  });

  it('is Redis’ clock, continued by our monotonic one', () => {
    const { own, clock } = start();
    expect(clock.epochMs()).toBe(REDIS_MS);
    own.advance(1_500);
    expect(clock.epochMs()).toBe(REDIS_MS + 1_500);
  });

  it('takes the reply for the time halfway between request and arrival', () => {
    const { clock, observe } = start();
    observe(REDIS_MS + 1_000, 400);
    expect(clock.epochMs()).toBe(REDIS_MS + 1_200);
  });

  it('waits instead of going back if Redis’ clock is up to a second behind', () => {
    const { own, clock, observe } = start();
    expect(clock.epochMs()).toBe(REDIS_MS);
    observe(REDIS_MS - 1_000);
    own.advance(999);
    expect(clock.epochMs()).toBe(REDIS_MS);
    own.advance(2);
    expect(clock.epochMs()).toBe(REDIS_MS + 1);
  });

  it('goes back with a Redis that was replaced: its clock is more than a second behind', () => {
    const { own, clock, observe } = start();
    expect(clock.epochMs()).toBe(REDIS_MS);
    observe(REDIS_MS - 1_001);
    expect(clock.epochMs()).toBe(REDIS_MS - 1_001);
    own.advance(5);
    expect(clock.epochMs()).toBe(REDIS_MS - 996);
  });
});
