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
  return { clock, bursts, done, run };
}

describe('Bursts', () => {
  it('acts immediately on isolated events', () => {
    const { clock, done, run } = start();
    for (const name of ['a', 'b', 'c']) {
      run(name, 3);
      expect(done.at(-1)).toBe(name);
      clock.advance(0.11);
    }
  });

  it('acts on a burst once the event loop has read it, in order', () => {
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

  it('waits for at most MAX_WAITING events', () => {
    const { done, run } = start();
    run('first');
    for (let index = 0; index < 63; index += 1) run('a');
    expect(done).toEqual(['first']);
    run('last');
    expect(done).toHaveLength(65);
    expect(done.at(-1)).toBe('last');
    run('b');
    expect(done).toHaveLength(65);
    vi.runAllTimers();
    expect(done).toHaveLength(66);
  });

  it('keeps the order of waiting events', () => {
    const { clock, done, run } = start();
    for (const name of ['first', 'waits']) run(name);
    clock.advance(5);
    run('later');
    expect(done).toEqual(['first']);
    vi.runAllTimers();
    expect(done).toEqual(['first', 'waits', 'later']);
  });

  it('loses nothing after an act that throws', () => {
    const { bursts, done, run } = start();
    run('first');
    run('a');
    bursts.run(() => {
      run('c');
      throw new Error('of somebody else');
    });
    run('b');
    expect(() => vi.runAllTimers()).toThrow('of somebody else');
    vi.runAllTimers();
    expect(done).toEqual(['first', 'a', 'b', 'c']);
  });

  it('acts on the rest after one that throws, even if nothing else arrives', () => {
    const { bursts, done, run } = start();
    run('first');
    bursts.run(() => {
      throw new Error('of somebody else');
    });
    run('a');
    expect(() => vi.runAllTimers()).toThrow('of somebody else');
    vi.runAllTimers();
    expect(done).toEqual(['first', 'a']);
  });

  it('counts events caused by an act as part of the burst, from the previous event', () => {
    const { bursts, clock, done, run } = start();
    run('first');
    clock.advance(0.09);
    bursts.run(() => {
      run('brought');
      done.push('act');
    });
    clock.advance(0.05);
    vi.runAllTimers();
    expect(done).toEqual(['first', 'act', 'brought']);
  });

  it('counts an event after exactly the gap as part of the burst', () => {
    let nowMs = 0;
    const bursts = new Bursts({ nowMs: () => nowMs });
    const done: string[] = [];
    bursts.run(() => done.push('first'));
    nowMs = 0.1;
    bursts.run(() => done.push('next'));
    expect(done).toEqual(['first']);
  });

  it('counts the gap from the end of the previous act', () => {
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
