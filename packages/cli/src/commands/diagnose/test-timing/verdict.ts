/** How well probes keep to their schedule. Pure. */

/** One probe: when it was planned, and when it started. */
export interface TimedProbe {
  readonly endpoint: string;
  readonly plannedAtMs: number;
  readonly startedAtMs: number;
}

export interface EndpointTiming {
  readonly endpoint: string;
  readonly probes: number;
  /** Number of probes that the schedule implies for the watched time. */
  readonly expected: number;
  readonly meanErrorMs: number;
  readonly maxErrorMs: number;
  readonly isOnTime: boolean;
}

/** A probe this late is still useful: intervals are at least 30 s. */
export const TOLERATED_MS = 3_000;

export function timingOf(
  endpoint: string,
  probes: readonly TimedProbe[],
  expected: number,
): EndpointTiming {
  const errors = probes
    .filter((probe) => probe.endpoint === endpoint)
    .map(({ plannedAtMs, startedAtMs }) => Math.abs(startedAtMs - plannedAtMs));
  const maxErrorMs = Math.round(Math.max(0, ...errors));
  const sum = errors.reduce((total, error) => total + error, 0);
  return {
    endpoint,
    probes: errors.length,
    expected,
    meanErrorMs: errors.length === 0 ? 0 : Math.round(sum / errors.length),
    maxErrorMs,
    isOnTime: errors.length >= expected && maxErrorMs <= TOLERATED_MS,
  };
}
