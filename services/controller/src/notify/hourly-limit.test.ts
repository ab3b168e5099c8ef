import { HOUR_MS } from '@zephyr/contract/units';
import { expect, it } from 'vitest';

import { HOURLY_LIMIT, HourlyLimit } from './hourly-limit.ts';

it('accepts the limit within each hour, not more', () => {
  const limit = new HourlyLimit();
  const accepted = Array.from({ length: HOURLY_LIMIT + 1 }, (_, index) =>
    limit.tryTake('token_refused', index),
  );
  expect(accepted.filter(Boolean)).toHaveLength(HOURLY_LIMIT);
  expect(accepted.at(-1)).toBe(false);
  expect(limit.tryTake('token_refused', HOUR_MS - 1)).toBe(false);
  // The first of them is an hour old now, the second is not.
  expect(limit.tryTake('token_refused', HOUR_MS)).toBe(true);
  expect(limit.tryTake('token_refused', HOUR_MS)).toBe(false);
});

it('neither limits nor counts what says that nothing works, or works again', () => {
  const limit = new HourlyLimit();
  for (let index = 0; index <= HOURLY_LIMIT; index += 1) {
    expect(limit.tryTake('all_down', 0)).toBe(true);
    expect(limit.tryTake('available_again', 0)).toBe(true);
  }
  expect(limit.tryTake('token_refused', 0)).toBe(true);
});
