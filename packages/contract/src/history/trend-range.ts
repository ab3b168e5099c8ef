/** Ranges of the history page and `GET /api/trends`. Imports nothing, so that the browser may load it. */
export const TREND_RANGES = ['24h', '7d', '30d'] as const;
export type TrendRange = (typeof TREND_RANGES)[number];
export const DEFAULT_TREND_RANGE: TrendRange = '24h';
