/** How much of the observed time an endpoint was available, as bars and their tones. Pure. */
import type { TrendPoint, Trends } from '@zephyr/contract/history/rollup';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';

export interface AvailabilityBar {
  readonly fromAtMs: number;
  /** Null if there were no probes. */
  readonly ratio: number | null;
}

export interface AvailabilityRow {
  readonly endpointId: string;
  readonly bars: readonly AvailabilityBar[];
  /** Over the whole period. */
  readonly ratio: number | null;
}

/** One bar per hour for a day, otherwise per day, oldest first, including those without probes. */
export function availabilityOf(
  { sinceAtMs, untilAtMs, points }: Pick<Trends, 'sinceAtMs' | 'untilAtMs' | 'points'>,
  endpointIds: readonly string[],
): readonly AvailabilityRow[] {
  const stepMs = barLengthMs({ sinceAtMs, untilAtMs });
  return endpointIds.map((endpointId) => {
    const sums = new Map<number, Sum>();
    for (const point of points) {
      const fromAtMs = Math.floor(point.fromAtMs / stepMs) * stepMs;
      sums.set(fromAtMs, added(sums.get(fromAtMs), point, endpointId));
    }
    const bars: AvailabilityBar[] = [];
    for (let atMs = Math.floor(sinceAtMs / stepMs) * stepMs; atMs < untilAtMs; atMs += stepMs) {
      bars.push({ fromAtMs: atMs, ratio: ratioOf(sums.get(atMs)) });
    }
    const whole = points.reduce<Sum | undefined>(
      (sum, point) => added(sum, point, endpointId),
      undefined,
    );
    return { endpointId, bars, ratio: ratioOf(whole) };
  });
}

export function barLengthMs({ sinceAtMs, untilAtMs }: Pick<Trends, 'sinceAtMs' | 'untilAtMs'>) {
  return untilAtMs - sinceAtMs <= DAY_MS ? HOUR_MS : DAY_MS;
}

interface Sum {
  readonly observedMs: number;
  readonly availableMs: number;
}

function added(sum: Sum | undefined, point: TrendPoint, endpointId: string): Sum {
  const { observedMs, availableMs } = sum ?? { observedMs: 0, availableMs: 0 };
  const found = point.endpoints.find((each) => each.endpointId === endpointId);
  return {
    observedMs: observedMs + (found?.observedMs ?? 0),
    availableMs: availableMs + (found?.availableMs ?? 0),
  };
}

function ratioOf(sum: Sum | undefined): number | null {
  return sum === undefined || sum.observedMs === 0 ? null : sum.availableMs / sum.observedMs;
}

export const AVAILABILITY_TONES = ['good', 'warn', 'bad', 'none'] as const;
type AvailabilityTone = (typeof AVAILABILITY_TONES)[number];

/** From this ratio on, as on status pages. */
export const MIN_RATIO = { good: 0.999, warn: 0.95 };

export function availabilityTone(ratio: number | null): AvailabilityTone {
  if (ratio === null) return 'none';
  if (ratio >= MIN_RATIO.good) return 'good';
  return ratio >= MIN_RATIO.warn ? 'warn' : 'bad';
}
