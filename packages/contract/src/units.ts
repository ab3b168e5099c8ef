/** Units of time, size and money. Imports nothing, so that the core and the browser may load it. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const HOUR_S = HOUR_MS / 1_000;
export const DAY_S = DAY_MS / 1_000;
export const KIB = 1_024;
export const MIB = 1_024 * KIB;
/** Nano dollars in a dollar, nanoseconds in a second. */
export const NANO = 1_000_000_000;
/** Prices are per million tokens. */
export const TOKENS_PER_PRICE = 1_000_000;
