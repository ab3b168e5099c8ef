import { ManualClock } from '@zephyr/testkit/manual-clock';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Deadline } from './deadline.ts';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

describe('Deadline', () => {
  it('expires once', () => {
    const onExpired = vi.fn();
    new Deadline(clock).start(1_000, onExpired);
    clock.advance(5_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('does not expire when it is stopped', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(clock);
    deadline.start(1_000, onExpired);
    deadline.stop();
    expect(clock.timers).toBe(0);
    clock.advance(5_000);
    expect(onExpired).not.toHaveBeenCalled();
  });

  it('starts again at each sign of life', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(clock);
    deadline.start(1_000, onExpired);
    for (let sign = 0; sign < 10; sign += 1) {
      clock.advance(900);
      deadline.refresh();
    }
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(1_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it.each([
    { name: 'a longer', firstMs: 1_000, secondMs: 5_000 },
    { name: 'a shorter', firstMs: 5_000, secondMs: 1_000 },
  ])('$name wait follows: only it expires, at its own time, with one timer', (waits) => {
    const first = vi.fn();
    const second = vi.fn();
    const deadline = new Deadline(clock);
    deadline.start(waits.firstMs, first);
    clock.advance(500);
    deadline.start(waits.secondMs, second);
    expect(clock.timers).toBe(1);
    clock.advance(waits.secondMs - 1);
    expect(second).not.toHaveBeenCalled();
    clock.advance(1);
    expect(second).toHaveBeenCalledTimes(1);
    clock.advance(10_000);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('may begin the next wait when it expires', () => {
    const second = vi.fn();
    const deadline = new Deadline(clock);
    deadline.start(1_000, () => deadline.start(1_000, second));
    clock.advance(1_999);
    expect(second).not.toHaveBeenCalled();
    clock.advance(1);
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('waits again for as long as it was late itself', () => {
    const onExpired = vi.fn();
    new Deadline(clock).start(1_000, onExpired);
    clock.block(4_000);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(2_999);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });
});
