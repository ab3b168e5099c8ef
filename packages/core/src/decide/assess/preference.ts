/** The configuration's handicap of an endpoint, in milliseconds of score. */

export interface PreferenceSettings {
  /** 1 is preferred; larger numbers come later. */
  readonly priority: number;
  /** Its price as a multiple of the list price. */
  readonly usdFactor: number;
}

export interface PreferencePolicy {
  /** How much faster an endpoint must be to be worth one step of priority. */
  readonly priorityToleranceMs: number;
  /** How much faster it must be to be worth twice the price. */
  readonly priceToleranceMs: number;
}

/**
 * The handicap of each endpoint, in order. The best priority and the lowest price have none, so that
 * without preferences all are 0 and nothing changes:
 *
 *     (priority − best priority) × priorityToleranceMs
 *       + (usdFactor ÷ lowest usdFactor − 1) × priceToleranceMs
 */
export function preferencesMs(
  endpoints: readonly PreferenceSettings[],
  { priorityToleranceMs, priceToleranceMs }: PreferencePolicy,
): readonly number[] {
  const best = Math.min(...endpoints.map(({ priority }) => priority));
  const lowest = Math.min(...endpoints.map(({ usdFactor }) => usdFactor));
  return endpoints.map(
    ({ priority, usdFactor }) =>
      (priority - best) * priorityToleranceMs + (usdFactor / lowest - 1) * priceToleranceMs,
  );
}
