/** Days of a usage report, today included. */
export const USAGE_DAYS = [1, 7, 30] as const;
export type UsageDays = (typeof USAGE_DAYS)[number];

export const DEFAULT_USAGE_DAYS: UsageDays = 7;
