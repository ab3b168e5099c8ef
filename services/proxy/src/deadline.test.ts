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
    new Deadline(onExpired).start(1_000);
    vi.advanceTimersByTime(5_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('does not expire when it is stopped', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(onExpired);
    deadline.start(1_000);
    deadline.stop();
    vi.advanceTimersByTime(5_000);
    expect(onExpired).not.toHaveBeenCalled();
  });

  it('begins anew at each sign of life', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(onExpired);
    deadline.start(1_000);
    for (let sign = 0; sign < 10; sign += 1) {
      vi.advanceTimersByTime(900);
      deadline.refresh();
    }
    expect(onExpired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('waits again for as long as it was late itself', () => {
    const onExpired = vi.fn();
    const start = performance.now();
    const now = vi.spyOn(performance, 'now');
    new Deadline(onExpired).start(1_000);
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
