import { ManualClock } from '@zephyr/testkit/manual-clock';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Deadline, Deadlines } from './deadline.ts';

let clock: ManualClock;
let all: Deadlines;

beforeEach(() => {
  clock = new ManualClock();
  all = new Deadlines(clock);
});

describe('Deadline', () => {
  it('expires once', () => {
    const onExpired = vi.fn();
    new Deadline(all).start(1_000, onExpired);
    clock.advance(5_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('does not expire when it is stopped', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(all);
    deadline.start(1_000, onExpired);
    deadline.stop();
    clock.advance(5_000);
    expect(onExpired).not.toHaveBeenCalled();
    expect(clock.timers).toBe(0);
  });

  it('restarts at each sign of life', () => {
    const onExpired = vi.fn();
    const deadline = new Deadline(all);
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
    const deadline = new Deadline(all);
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
    const deadline = new Deadline(all);
    deadline.start(1_000, () => deadline.start(1_000, second));
    clock.advance(1_999);
    expect(second).not.toHaveBeenCalled();
    clock.advance(1);
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('waits again for as long as it fired late', () => {
    const onExpired = vi.fn();
    new Deadline(all).start(1_000, onExpired);
    clock.block(4_000);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(2_999);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('expires at its own time among others, with one timer for all', () => {
    const expired: string[] = [];
    const note = (name: string) => () => expired.push(`${name} ${clock.nowMs() - startedAtMs}`);
    const startedAtMs = clock.nowMs();
    const [first, second, third] = [new Deadline(all), new Deadline(all), new Deadline(all)];
    second.start(2_000, note('second'));
    first.start(1_000, note('first'));
    third.start(3_000, note('third'));
    expect(clock.timers).toBe(1);
    second.stop();
    clock.advance(900);
    second.start(100, note('second again'));
    first.refresh();
    clock.advance(10_000);
    expect(expired).toEqual(['second again 1000', 'first 1900', 'third 3000']);
  });

  it('may end and start others when it expires', () => {
    const expired: string[] = [];
    const [first, second, third] = [new Deadline(all), new Deadline(all), new Deadline(all)];
    first.start(1_000, () => {
      expired.push('first');
      second.stop();
      third.start(500, () => expired.push('third'));
    });
    second.start(1_000, () => expired.push('second'));
    clock.advance(1_499);
    expect(expired).toEqual(['first']);
    clock.advance(1);
    expect(expired).toEqual(['first', 'third']);
  });

  it('may be stopped twice, without ending another', () => {
    const onExpired = vi.fn();
    const twice = new Deadline(all);
    twice.start(1_000, () => undefined);
    new Deadline(all).start(1_000, onExpired);
    twice.stop();
    twice.stop();
    clock.advance(1_000);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('expires even if another one fails', () => {
    const onExpired = vi.fn();
    new Deadline(all).start(1_000, () => {
      throw new Error('failed');
    });
    new Deadline(all).start(1_000, onExpired);
    expect(() => clock.advance(1_000)).toThrow('failed');
    clock.advance(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it('leaves no timer behind after the last one', () => {
    new Deadline(all).start(1_000, () => undefined);
    clock.advance(1_000);
    expect(clock.timers).toBe(0);
  });

  it('leaves no timer behind at the end', () => {
    new Deadline(all).start(1_000, () => undefined);
    all.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('the time of a deadline', () => {
  it('is never shortened by fractions of a millisecond', () => {
    const expiredAtMs: number[] = [];
    const note = (): number => expiredAtMs.push(clock.nowMs());
    const [started, refreshed] = [new Deadline(all), new Deadline(all)];
    clock.advance(0.5);
    const startedAtMs = clock.nowMs();
    started.start(1_000, note);
    clock.advance(999);
    expect(expiredAtMs).toEqual([]);
    refreshed.start(500, note);
    refreshed.refresh();
    clock.advance(2_000);
    expect(expiredAtMs).toEqual([startedAtMs + 1_000.5, startedAtMs + 999 + 500.5]);
  });

  it('has come if Node fires less than a millisecond early, which needs no second timer', () => {
    const setTimer = vi
      .spyOn(clock, 'setTimer')
      .mockImplementationOnce((act, delayMs) => clock.setTimer(act, delayMs - 0.9));
    const onExpired = vi.fn();
    new Deadline(all).start(1_000, onExpired);
    setTimer.mockClear();
    clock.advance(999.1);
    expect(onExpired).toHaveBeenCalledTimes(1);
    expect(setTimer).not.toHaveBeenCalled();
  });

  it('has not come one millisecond before it', () => {
    const onExpired = vi.fn();
    new Deadline(all).start(1_000, () => undefined);
    new Deadline(all).start(1_001, onExpired);
    clock.advance(1_000);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(1);
    expect(onExpired).toHaveBeenCalledTimes(1);
  });

  it.each([
    { lateMs: 250, expiresAfterMs: 0 },
    { lateMs: 251, expiresAfterMs: 251 },
    { lateMs: 300.25, expiresAfterMs: 300.75 },
  ])('is put off if we noticed it $lateMs ms late', ({ lateMs, expiresAfterMs }) => {
    const expiredAtMs: number[] = [];
    new Deadline(all).start(1_000, () => expiredAtMs.push(clock.nowMs()));
    clock.block(1_000 + lateMs);
    const noticedAtMs = clock.nowMs();
    clock.advance(1_000);
    expect(expiredAtMs).toEqual([noticedAtMs + expiresAfterMs]);
  });
});

describe('the timer of all deadlines', () => {
  it('is only set again for a deadline that comes before it', () => {
    const setTimer = vi.spyOn(clock, 'setTimer');
    const deadline = new Deadline(all);
    for (const durationMs of [2_000, 2_000, 5_000]) new Deadline(all).start(durationMs, vi.fn());
    deadline.start(3_000, vi.fn());
    deadline.refresh();
    deadline.stop();
    expect(setTimer).toHaveBeenCalledTimes(1);
    deadline.start(1_000, vi.fn());
    expect(setTimer).toHaveBeenCalledTimes(2);
    expect(clock.timers).toBe(1);
  });

  it('fires once for all that are due', () => {
    const expired: string[] = [];
    for (const name of ['a', 'b', 'c']) new Deadline(all).start(1_000, () => expired.push(name));
    const setTimer = vi.spyOn(clock, 'setTimer');
    clock.advance(1_000);
    expect(expired).toEqual(['a', 'b', 'c']);
    expect(setTimer).not.toHaveBeenCalled();
  });
});
