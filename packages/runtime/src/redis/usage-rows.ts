/**
 * How many rows of usage one hour and one day have in Redis, and all hours and all days together. With these,
 * a third of our Redis' 512 MB stays free: `node bench/usage.ts memory`. 700 people, who leave room for the
 * most rows with endpoint and model, are the worst case. With up to 1,000 people every hour and day can be
 * this full; beyond that each person still has a row, and the oldest hours and days are removed earlier. A
 * day of up to 1,000 people stays below a power of two, where a hash's table would double.
 */
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import { DAYS_LIFE_MS, HOURS_LIFE_MS, type RowRule, rowBounds } from '@zephyr/core';

import { MAX_CONFIGURED_PEOPLE } from '../config/keys/people-limits.ts';

export const HOURS_STORED = HOURS_LIFE_MS / HOUR_MS;
export const DAYS_STORED = DAYS_LIFE_MS / DAY_MS;

export const HOUR_ROWS: RowRule = { named: 500, minNamed: 200, all: 1_220 };
export const DAY_ROWS: RowRule = { named: 1_900, minNamed: 1_020, all: 2_040 };

/** Per hour or day, plus the row for usage beyond the limit. A larger hash was not written by our services. */
export const MAX_READ_ROWS = rowBounds(DAY_ROWS, MAX_CONFIGURED_PEOPLE).all + 1;
export const MAX_ROWS_OF_HOURS = HOURS_STORED * (HOUR_ROWS.all + 1);
export const MAX_ROWS_OF_DAYS = DAYS_STORED * (DAY_ROWS.all + 1);
