import { ManualClock } from '@zephyr/testkit/manual-clock';
import { expect, it } from 'vitest';

import { atNext, pauseUntilNext } from './clock.ts';

it.each([
  ['at a multiple, a whole period', 3_000, 4_000],
  ['in between, what is left', 3_400, 4_000],
  ['of a part of a millisecond, no less', 3_400.4, 4_000],
  ['up to a quarter before it', 3_750, 4_000],
  ['and then the one after it', 3_751, 5_000],
  ['also after a timer that fired a moment early', 3_999.6, 5_000],
])('%s: at %d ms until %d ms', (_when, nowMs, dueAtMs) => {
  const clock = clockAt(nowMs);
  let isCalled = false;
  atNext(clock, 1_000, () => {
    isCalled = true;
  });
  clock.advance(dueAtMs - nowMs - 1);
  expect(isCalled).toBe(false);
  clock.advance(2);
  expect(isCalled).toBe(true);
});

it('waits with one timer for one moment, whatever the periods and whenever it began', () => {
  const clock = clockAt(2_500);
  const called: string[] = [];
  atNext(clock, 4_000, () => called.push('every fourth second'));
  clock.advance(700);
  atNext(clock, 1_000, () => called.push('every second'));
  clock.advance(200);
  atNext(clock, 2_000, () => called.push('every other second'));
  expect(clock.timers).toBe(1);
  clock.advance(600);
  expect(called).toEqual(['every fourth second', 'every second', 'every other second']);
  expect(clock.timers).toBe(0);
});

it('cancels one without the others, and the timer with the last', () => {
  const clock = clockAt(3_000);
  const called: string[] = [];
  const cancelOne = atNext(clock, 1_000, () => called.push('one'));
  const cancelOther = atNext(clock, 1_000, () => called.push('other'));
  cancelOne();
  cancelOne();
  clock.advance(1_000);
  expect(called).toEqual(['other']);
  cancelOther();
  atNext(clock, 1_000, () => called.push('next'))();
  expect(clock.timers).toBe(0);
});

it('cancels nothing that waits for the same moment after its own call', () => {
  const clock = clockAt(3_000);
  const called: string[] = [];
  const cancel = atNext(clock, 1_000, () => {
    atNext(clock, 1_000, () => called.push('again'));
  });
  clock.advance(1_000);
  cancel();
  clock.advance(1_000);
  expect(called).toEqual(['again']);
});

it('ends a pause when the signal aborts, and its timer with it', async () => {
  const clock = clockAt(3_000);
  const stopping = new AbortController();
  const pausing = pauseUntilNext(clock, 1_000, stopping.signal);
  stopping.abort();
  await pausing;
  await pauseUntilNext(clock, 1_000, stopping.signal);
  expect(clock.timers).toBe(0);
});

/** By `nowMs`; a manual clock begins at 1,000 ms. */
function clockAt(nowMs: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(nowMs - clock.nowMs());
  return clock;
}
