import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Deadline } from './deadline.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Deadline', () => {
  it('expires once', () => {
    const onExpired = vi.fn();
    new Deadline().start(1_000, onExpired);
    vi.advanceTimersByTime(5_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('does not expire when it is stopped', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline();
    deadline.start(1_000, onExpired);
    deadline.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(onExpired).not.toHaveBeenCalled();
  });

  it('begins anew at each sign of life', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline();
    deadline.start(1_000, onExpired);
    for (let sign = 0; sign < 10; sign += 1) {
      vi.advanceTimersByTime(900);
      deadline.refresh();
    }
    expect(onExpired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it.each([
    { name: 'a longer', firstMs: 1_000, secondMs: 5_000 },
    { name: 'a shorter', firstMs: 5_000, secondMs: 1_000 },
  ])('$name wait follows: only it expires, at its own time, with one timer', (waits) => {
    const first = vi.fn();
    const second = vi.fn();
    const deadline = new Deadline();
    deadline.start(waits.firstMs, first);
    vi.advanceTimersByTime(500);
    deadline.start(waits.secondMs, second);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(waits.secondMs - 2);
    expect(second).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(second).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('may begin the next wait when it expires', () => {
    const second = vi.fn();
    const deadline = new Deadline();
    deadline.start(1_000, () => deadline.start(1_000, second));
    vi.advanceTimersByTime(1_999);
    expect(second).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('waits again for as long as it was late itself', () => {
    const onExpired = vi.fn();
    const start = performance.now();
    const now = vi.spyOn(performance, 'now');
    new Deadline().start(1_000, onExpired);
    // The timer fires three seconds late, as after a blocked event loop.
    now.mockReturnValue(start + 4_000);
    vi.advanceTimersByTime(1_000);
    expect(onExpired).not.toHaveBeenCalled();
    now.mockReturnValue(start + 7_000);
    vi.advanceTimersByTime(3_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
    now.mockRestore();
  });
});
