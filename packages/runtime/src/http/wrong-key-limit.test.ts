import { expect, it } from 'vitest';

import { WrongKeyLimit } from './wrong-key-limit.ts';

const noteTimes = (limit: WrongKeyLimit, times: number, nowMs: number): boolean => {
  let isUsedUp = false;
  for (let time = 0; time < times; time += 1) isUsedUp = limit.note('a', nowMs);
  return isUsedUp;
};

it('allows an address twenty failures in a minute', () => {
  const limit = new WrongKeyLimit();
  expect(noteTimes(limit, 20, 0)).toBe(false);
  expect(limit.note('a', 59_999)).toBe(true);
  expect(limit.note('b', 59_999)).toBe(false);
  // The next minute begins with its first failure.
  expect(noteTimes(limit, 20, 60_000)).toBe(false);
  expect(limit.note('a', 119_999)).toBe(true);
});

it('remembers ten thousand addresses, and forgets the oldest first', () => {
  const noteOthers = (limit: WrongKeyLimit, count: number) => {
    for (let other = 0; other < count; other += 1) limit.note(`other ${other}`, 0);
  };
  const nearlyFull = new WrongKeyLimit();
  noteTimes(nearlyFull, 20, 0);
  noteOthers(nearlyFull, 9_999);
  expect(nearlyFull.note('a', 0)).toBe(true);
  const full = new WrongKeyLimit();
  noteTimes(full, 20, 0);
  noteOthers(full, 10_000);
  expect(full.note('other 9999', 0)).toBe(false);
  expect(full.note('a', 0)).toBe(false);
});
