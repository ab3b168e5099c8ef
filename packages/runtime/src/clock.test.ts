import { AsyncLocalStorage } from 'node:async_hooks';

import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it, onTestFinished } from 'vitest';

import { actEvery, isWithin, pauseUntilNext, systemClock, timeoutSignal } from './clock.ts';

/** By `nowMs`; a manual clock begins at 1,000 ms. */
function clockAt(nowMs: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(nowMs - clock.nowMs());
  return clock;
}

function pausesOf(clock: ManualClock) {
  const ended: string[] = [];
  const pause = (name: string, intervalMs: number): AbortController => {
    const stopping = new AbortController();
    void pauseUntilNext(clock, intervalMs, stopping.signal).then(() => ended.push(name));
    return stopping;
  };
  const advance = async (byMs: number): Promise<void> => {
    clock.advance(byMs);
    await Promise.resolve();
  };
  return { ended, pause, advance };
}

describe('a pause until the next multiple of a period', () => {
  it.each([
    ['at a multiple, a whole period', 3_000, 4_000],
    ['in between, what is left', 3_400, 4_000],
    ['of a part of a millisecond, no less', 3_400.4, 4_000],
    ['up to a quarter before it', 3_750, 4_000],
    ['and then the one after it', 3_751, 5_000],
    ['also after a timer that fired a moment early', 3_999.6, 5_000],
  ])('%s: at %d ms until %d ms', async (_when, nowMs, dueAtMs) => {
    const { ended, pause, advance } = pausesOf(clockAt(nowMs));
    pause('one', 1_000);
    await advance(dueAtMs - nowMs - 1);
    expect(ended).toEqual([]);
    await advance(2);
    expect(ended).toEqual(['one']);
  });

  it('shares a timer with all until that moment, whatever their periods and beginnings', async () => {
    const clock = clockAt(2_500);
    const { ended, pause, advance } = pausesOf(clock);
    pause('every fourth second', 4_000);
    await advance(700);
    pause('every second', 1_000);
    await advance(200);
    pause('every other second', 2_000);
    expect(clock.timers).toBe(1);
    await advance(600);
    expect(ended).toEqual(['every fourth second', 'every second', 'every other second']);
    expect(clock.timers).toBe(0);
  });

  it('ends alone when its signal aborts, and the timer with the last', async () => {
    const clock = clockAt(3_000);
    const { ended, pause, advance } = pausesOf(clock);
    const [one, other] = [pause('one', 1_000), pause('other', 1_000)];
    one.abort();
    await advance(0);
    expect([ended, clock.timers]).toEqual([['one'], 1]);
    other.abort();
    await advance(0);
    expect([ended, clock.timers]).toEqual([['one', 'other'], 0]);
    pause('next', 1_000);
    await advance(1_000);
    expect(ended).toEqual(['one', 'other', 'next']);
  });

  it('does not begin once the signal has aborted', async () => {
    const clock = clockAt(3_000);
    await pauseUntilNext(clock, 1_000, AbortSignal.abort());
    expect(clock.timers).toBe(0);
  });

  it('continues in its own async context', async () => {
    const clock = clockAt(3_000);
    const part = new AsyncLocalStorage<string>();
    const contextAfter = (name: string) =>
      part.run(name, async () => {
        await pauseUntilNext(clock, 1_000, new AbortController().signal);
        return part.getStore();
      });
    const both = Promise.all(['proxy', 'prober'].map(contextAfter));
    clock.advance(1_000);
    expect(await both).toEqual(['proxy', 'prober']);
  });
});

describe('a promise with a limit', () => {
  it('is within it, or late, and leaves no timer', async () => {
    const clock = new ManualClock();
    expect(await isWithin(clock, 10, Promise.resolve('anything'))).toBe(true);
    const late = isWithin(clock, 10, new Promise(() => undefined));
    clock.advance(10);
    expect(await late).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it('that is rejected in time is no matter of time', async () => {
    const clock = new ManualClock();
    await expect(isWithin(clock, 10, Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(clock.timers).toBe(0);
  });
});

describe('an act after each period', () => {
  it('repeats until it is ended, also by itself', () => {
    const clock = new ManualClock();
    const actedAtMs: number[] = [];
    const end = actEvery(clock, 100, () => {
      actedAtMs.push(clock.nowMs());
      if (actedAtMs.length === 3) end();
    });
    clock.advance(1_000);
    expect(actedAtMs).toEqual([1_100, 1_200, 1_300]);
    expect(clock.timers).toBe(0);
  });
});

it('a signal aborts after its time, and not before', () => {
  const clock = new ManualClock();
  const signal = timeoutSignal(clock, 5_000);
  clock.advance(4_999);
  expect(signal.aborted).toBe(false);
  clock.advance(1);
  expect(signal.aborted).toBe(true);
});

it.each([
  ['keeps the process running', undefined, true],
  ['in the background does not', { isBackground: true }, false],
])("a timer of the system's clock %s", (_how, options, isHeld) => {
  const timer = systemClock.setTimer(() => undefined, 60_000, options);
  onTestFinished(() => systemClock.clearTimer(timer));
  expect((timer as NodeJS.Timeout).hasRef()).toBe(isHeld);
});
