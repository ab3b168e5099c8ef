/**
 * Adds up who used what, by hour. Bounded: beyond the most rows, an hour's new ones are added up in one
 * row that belongs to nobody, so that the sums stay right.
 */
import type {
  AnswerUsage,
  OTHER,
  RequestRecord,
  UsageCounts,
  UsageKey,
  UsageRow,
} from '@zephyr/contract/usage';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const NANO = 1_000_000_000;

const other: typeof OTHER = 'other';
export const NO_COUNTS: UsageCounts = {
  ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
  ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 0 },
  ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
};
const BEYOND: UsageKey = { person: other, endpoint: other, model: other };

export class UsageTable {
  readonly #maxRows: number;
  readonly #rows = new Map<string, UsageRow>();

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#rows.size;
  }

  get rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  /** By the hour that it ended in. @param model under which it is counted */
  addRequest(record: RequestRecord, model: string = record.model): void {
    const { person, endpoint, atMs } = record;
    this.add({ person, endpoint, model, fromAtMs: hourOf(atMs), counts: countsOf(record) });
  }

  add(row: UsageRow): void {
    const name = nameOf(row);
    const former = this.#rows.get(name);
    // Nearly every request: its row is there, and its name is made once.
    if (former !== undefined) this.#rows.set(name, sumOfRows(former, row));
    else if (this.#rows.size < this.#maxRows) this.#rows.set(name, row);
    else this.#addBeyond({ ...row, ...BEYOND });
  }

  #addBeyond(row: UsageRow): void {
    const name = nameOf(row);
    const former = this.#rows.get(name);
    this.#rows.set(name, former === undefined ? row : sumOfRows(former, row));
  }

  /** All rows; the table is empty then. */
  take(): readonly UsageRow[] {
    const { rows } = this;
    this.#rows.clear();
    return rows;
  }
}

/** What one request adds to its row. */
export function countsOf(record: RequestRecord): UsageCounts {
  const { outcome, usage, costUsd, tokensKnown, attempts } = record;
  const isAnswered = attempts.some(({ failure }) => failure === null);
  const billed = attempts.filter(
    ({ failure, mayBeBilled }) => failure !== null && mayBeBilled,
  ).length;
  return {
    requests: 1,
    failed: outcome === 'ok' || outcome === 'client_gone' ? 0 : 1,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWrite5mTokens: usage.cacheWriteTokens - usage.cacheWrite1hTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    costNanoUsd: Math.round((costUsd ?? 0) * NANO),
    unpriced: costUsd === null && hasTokens(usage) ? 1 : 0,
    incomplete: tokensKnown === 'partly_reported' || tokensKnown === 'not_reported' ? 1 : 0,
    // The last attempt of a request that nobody answered may be billed, but once.
    possiblyBilledTwice: isAnswered ? billed : Math.max(0, billed - 1),
  };
}

/** The rows of hours, added up by day (UTC). */
export function dailyRows(hours: readonly UsageRow[]): readonly UsageRow[] {
  const days = new UsageTable(Number.POSITIVE_INFINITY);
  for (const row of hours) days.add({ ...row, fromAtMs: dayOf(row.fromAtMs) });
  return days.rows;
}

export function sumOfCounts(one: UsageCounts, two: UsageCounts): UsageCounts {
  return {
    requests: one.requests + two.requests,
    failed: one.failed + two.failed,
    inputTokens: one.inputTokens + two.inputTokens,
    outputTokens: one.outputTokens + two.outputTokens,
    cacheReadTokens: one.cacheReadTokens + two.cacheReadTokens,
    cacheWrite5mTokens: one.cacheWrite5mTokens + two.cacheWrite5mTokens,
    cacheWrite1hTokens: one.cacheWrite1hTokens + two.cacheWrite1hTokens,
    costNanoUsd: one.costNanoUsd + two.costNanoUsd,
    unpriced: one.unpriced + two.unpriced,
    incomplete: one.incomplete + two.incomplete,
    possiblyBilledTwice: one.possiblyBilledTwice + two.possiblyBilledTwice,
  };
}

export function hourOf(atMs: number): number {
  return atMs - (atMs % HOUR_MS);
}

export function dayOf(atMs: number): number {
  return atMs - (atMs % DAY_MS);
}

function sumOfRows(one: UsageRow, two: UsageRow): UsageRow {
  return { ...one, counts: sumOfCounts(one.counts, two.counts) };
}

/** Ids and names hold no tab. */
function nameOf({ fromAtMs, person, endpoint, model }: UsageRow): string {
  return `${fromAtMs}\t${person}\t${endpoint}\t${model}`;
}

function hasTokens(usage: AnswerUsage): boolean {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens > 0;
}
