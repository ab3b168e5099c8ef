/** The bars of a usage report, and what they measure. Pure. */
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { TimeUnit, UsageFigures, UsageReport } from '@zephyr/contract/usage/usage';

/** What a chart of usage shows. */
export const USAGE_MEASURES = ['cost', 'tokens', 'requests'] as const;
export type UsageMeasure = (typeof USAGE_MEASURES)[number];

export function measureOf(figures: UsageFigures, measure: UsageMeasure): number {
  switch (measure) {
    case 'cost':
      return figures.cost_usd;
    case 'requests':
      return figures.requests;
    case 'tokens':
      return (
        figures.input_tokens +
        figures.output_tokens +
        figures.cache_read_tokens +
        figures.cache_write_tokens
      );
  }
}

export interface UsageBar {
  /** When its hour or day begins, UTC. */
  readonly fromAtMs: number;
  /** Undefined: nothing was used. */
  readonly figures: UsageFigures | undefined;
}

/** One bar per hour or day of a report, oldest first, including those without usage. */
export function usageBars(
  { since, until, rows }: Pick<UsageReport, 'since' | 'until' | 'rows'>,
  unit: TimeUnit,
): readonly UsageBar[] {
  const stepMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const known = new Map<number, UsageFigures>(
    rows.flatMap((row) => {
      const from = row[unit];
      return from === null ? [] : [[Date.parse(from), row]];
    }),
  );
  const bars: UsageBar[] = [];
  const untilAtMs = Date.parse(until);
  for (let fromAtMs = Date.parse(since); fromAtMs < untilAtMs; fromAtMs += stepMs) {
    bars.push({ fromAtMs, figures: known.get(fromAtMs) });
  }
  return bars;
}
