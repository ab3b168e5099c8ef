import { expect, it } from 'vitest';

import { untilNextMs } from './clock.ts';

it.each([
  ['at a multiple, a whole period', 3_000, 1_000],
  ['in between, what is left', 3_400, 600],
  ['of a part of a millisecond, no less', 3_400.4, 600],
  ['up to a quarter before it', 3_750, 250],
  ['and then the one after it', 3_751, 1_249],
  ['also after a timer that fired a moment early', 3_999.6, 1_001],
])('%s: at %d ms another %d ms', (_when, nowMs, expectedMs) => {
  expect(untilNextMs({ nowMs: () => nowMs }, 1_000)).toBe(expectedMs);
});
