/** The ledger as shown by the API, the command line and the CSV: rows by requested dimension, and a total. */
import { NANO } from '@zephyr/contract/units';
import type {
  UsageCounts,
  UsageDimension,
  UsageFigures,
  UsageLine,
  UsageReport,
  UsageRow,
} from '@zephyr/contract/usage/usage';

import { dayOf, MAX_SUM, NO_COUNTS, sumOfCounts } from './usage-by-hour.ts';

export interface UsageQuery {
  /** The dimensions of the rows. */
  readonly by: readonly UsageDimension[];
  /** `since` is inclusive, `until` exclusive. */
  readonly sinceAtMs: number;
  readonly untilAtMs: number;
  /** Requested usage from before this moment has been removed. */
  readonly removedBeforeMs?: number;
}

type Dimensions = Pick<UsageLine, UsageDimension>;

/** Rows in the order of time, then the most expensive first. @param rows of hours or days */
export function usageReport(rows: readonly UsageRow[], query: UsageQuery): UsageReport {
  const sum = new UsageSum(query);
  sum.add(rows);
  return sum.report();
}

/** A report summed in steps: a ledger is large, and other work must not wait for it. */
export class UsageSum {
  readonly #query: UsageQuery;
  readonly #lines = new Map<string, { readonly of: Dimensions; counts: UsageCounts }>();
  #total = NO_COUNTS;

  constructor(query: UsageQuery) {
    this.#query = query;
  }

  add(rows: readonly UsageRow[]): void {
    for (const row of rows) {
      this.#total = sumOfCounts(this.#total, row.counts);
      const of = dimensionsOf(row, this.#query.by);
      const name = Object.values(of).join('\t');
      const line = this.#lines.get(name);
      if (line === undefined) this.#lines.set(name, { of, counts: row.counts });
      else line.counts = sumOfCounts(line.counts, row.counts);
    }
  }

  report(): UsageReport {
    const { removedBeforeMs } = this.#query;
    return {
      since: new Date(this.#query.sinceAtMs).toISOString(),
      until: new Date(this.#query.untilAtMs).toISOString(),
      removed_before:
        removedBeforeMs === undefined ? null : new Date(removedBeforeMs).toISOString(),
      rows: [...this.#lines.values()]
        .map(({ of, counts }) => ({ ...of, ...figuresOf(counts) }))
        .toSorted(byOrder),
      total: figuresOf(this.#total),
    };
  }
}

function dimensionsOf(row: UsageRow, by: readonly UsageDimension[]): Dimensions {
  const { person, endpoint, model, fromAtMs } = row;
  const known: Readonly<Record<UsageDimension, string>> = {
    ...{ person, endpoint, model },
    day: new Date(dayOf(fromAtMs)).toISOString().slice(0, 10),
    hour: `${new Date(fromAtMs).toISOString().slice(0, 16)}Z`,
  };
  const of = (dimension: UsageDimension) => (by.includes(dimension) ? known[dimension] : null);
  return {
    ...{ person: of('person'), endpoint: of('endpoint'), model: of('model') },
    ...{ day: of('day'), hour: of('hour') },
  };
}

function figuresOf(counts: UsageCounts): UsageFigures {
  return {
    requests: counts.requests,
    failed: counts.failed,
    input_tokens: counts.inputTokens,
    output_tokens: counts.outputTokens,
    cache_read_tokens: counts.cacheReadTokens,
    cache_write_tokens: Math.min(MAX_SUM, counts.cacheWrite5mTokens + counts.cacheWrite1hTokens),
    cache_write_1h_tokens: counts.cacheWrite1hTokens,
    cost_usd: counts.costNanoUsd / NANO,
    unpriced: counts.unpriced,
    incomplete: counts.incomplete,
    possibly_billed_twice: counts.possiblyBilledTwice,
  };
}

function byOrder(one: UsageLine, two: UsageLine): number {
  return (
    compare(one.day ?? '', two.day ?? '') ||
    compare(one.hour ?? '', two.hour ?? '') ||
    two.cost_usd - one.cost_usd ||
    two.requests - one.requests ||
    compare(`${one.person} ${one.endpoint}`, `${two.person} ${two.endpoint}`) ||
    compare(one.model ?? '', two.model ?? '')
  );
}

function compare(one: string, two: string): number {
  if (one === two) return 0;
  return one < two ? -1 : 1;
}
