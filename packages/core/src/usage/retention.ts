import { DAY_MS } from '@zephyr/contract/units';

/** How long Redis has the hours and the days of usage and of the rollups. */
export const HOURS_LIFE_MS = 35 * DAY_MS;
export const DAYS_LIFE_MS = 400 * DAY_MS;
