import type { RawTable } from './raw.ts';
import { HEALTH_CHECK_DEFAULTS } from './schema.ts';

const DEFAULT_MIN_SECONDS = 30;
const DEFAULT_MAX_SECONDS = 3600;

/** Intervals of one group in seconds, with defaults applied. */
export interface Times {
  readonly interval: number;
  readonly min: number;
  readonly max: number;
  readonly timeout: number;
  readonly dynamicScaling: boolean;
}

/**
 * The `[health_check]` keys of a group over the common ones over the defaults. The default
 * bounds give way to an interval outside them, so that setting the interval alone is enough.
 *
 * @param base the common `[health_check]` table
 * @param own the group's table; empty where it has none
 */
export function resolveTimes(base: RawTable, own: RawTable): Times {
  const number = (key: string): number | undefined => {
    const value = own[key] ?? base[key];
    return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const interval = number('interval_seconds') ?? HEALTH_CHECK_DEFAULTS.interval_seconds;
  return {
    interval,
    min: number('min_interval_seconds') ?? Math.min(DEFAULT_MIN_SECONDS, interval),
    max: number('max_interval_seconds') ?? Math.max(DEFAULT_MAX_SECONDS, interval),
    timeout: number('timeout_seconds') ?? HEALTH_CHECK_DEFAULTS.timeout_seconds,
    dynamicScaling: (own['dynamic_scaling'] ?? base['dynamic_scaling'] ?? false) === true,
  };
}
