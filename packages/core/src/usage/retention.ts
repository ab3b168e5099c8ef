import { DAY_MS } from '@zephyr/contract/units';

/** How long Redis keeps hourly and daily usage and rollups. */
export const HOURS_LIFE_MS = 35 * DAY_MS;
export const DAYS_LIFE_MS = 400 * DAY_MS;
