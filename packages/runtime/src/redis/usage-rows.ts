/**
 * How many rows of usage one hour and one day have in Redis. Every hour and every day that is kept can be
 * as full as this, and a third of the 512 MB of our Redis stays free: `node bench/usage.ts memory`. With
 * 700 people, who leave room for the most rows with endpoint and model, they take the most. A day stays
 * below a power of two, where the table of a hash would double.
 */
import type { RowBounds } from '@zephyr/core';

export const HOUR_ROWS: RowBounds = { named: 500, all: 1_220 };
export const DAY_ROWS: RowBounds = { named: 1_900, all: 2_040 };

/** Besides them there is the row of nobody. What has more was not written by our services. */
export const MAX_READ_ROWS = Math.max(HOUR_ROWS.all, DAY_ROWS.all) + 1;
