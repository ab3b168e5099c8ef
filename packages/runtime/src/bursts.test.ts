import { ManualClock } from '@zephyr/testkit/manual-clock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Bursts } from './bursts.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const clock = new ManualClock();
  const bursts = new Bursts(clock);
  const done: string[] = [];
  const run = (name: string, tookMs = 0): void =>
    bursts.run(() => {
      done.push(name);
      clock.advance(tookMs);
    });
  return { clock, done, run };
}

describe('Bursts', () => {
  it('acts at once on events that come one by one', () => {
    const { clock, done, run } = start();
    for (const name of ['a', 'b', 'c']) {
      run(name, 3);
      expect(done.at(-1)).toBe(name);
      clock.advance(0.11);
    }
  });

  it('acts on a burst when the event loop has read it, in its order', () => {
    const { clock, done, run } = start();
    run('first');
    for (const name of ['a', 'b', 'c']) {
      clock.advance(0.09);
      run(name);
    }
    expect(done).toEqual(['first']);
    vi.runAllTimers();
    expect(done).toEqual(['first', 'a', 'b', 'c']);
  });

  it('counts from the end of what an event takes', () => {
    const { clock, done, run } = start();
    run('slow', 50);
    clock.advance(0.09);
    run('next', 50);
    expect(done).toEqual(['slow']);
    vi.runAllTimers();
    clock.advance(0.09);
    run('after');
    expect(done).toEqual(['slow', 'next']);
  });
});
