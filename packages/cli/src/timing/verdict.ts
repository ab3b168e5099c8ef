/** How well checks keep their schedule. Pure. */

/** One check: when it was planned, and when it started. */
export interface TimedCheck {
  readonly endpoint: string;
  readonly plannedAtMs: number;
  readonly startedAtMs: number;
}

export interface EndpointTiming {
  readonly endpoint: string;
  readonly checks: number;
  /** How many the schedule asks for in the time that was watched. */
  readonly expected: number;
  readonly meanErrorMs: number;
  readonly maxErrorMs: number;
  readonly isOnTime: boolean;
}

/** A check that is this late tells nothing wrong yet: intervals are 30 s and more. */
export const TOLERATED_MS = 3_000;

export function timingOf(
  endpoint: string,
  checks: readonly TimedCheck[],
  expected: number,
): EndpointTiming {
  const errors = checks
    .filter((check) => check.endpoint === endpoint)
    .map(({ plannedAtMs, startedAtMs }) => Math.abs(startedAtMs - plannedAtMs));
  const maxErrorMs = Math.round(Math.max(0, ...errors));
  const sum = errors.reduce((total, error) => total + error, 0);
  return {
    endpoint,
    checks: errors.length,
    expected,
    meanErrorMs: errors.length === 0 ? 0 : Math.round(sum / errors.length),
    maxErrorMs,
    isOnTime: errors.length >= expected && maxErrorMs <= TOLERATED_MS,
  };
}
