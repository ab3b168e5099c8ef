/**
 * Adds up who used what, by hour. Bounded, and folded in steps: usage that no longer fits is summed by
 * person alone, and then in the row `other`, so that the totals stay correct.
 */
import { BEYOND } from '@zephyr/contract/reserved-names';
import { DAY_MS, HOUR_MS, NANO } from '@zephyr/contract/units';
import type {
  AnswerUsage,
  RequestRecord,
  UsageCount,
  UsageCounts,
  UsageKey,
  UsageRow,
} from '@zephyr/contract/usage/usage';

export const NO_COUNTS: UsageCounts = {
  ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
  ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 0 },
  ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
};
const ENDLESS: RowBounds = { named: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };
const COUNTS = Object.keys(NO_COUNTS) as readonly UsageCount[];
/** Integers beyond this are not exact: sums saturate here. */
export const MAX_SUM = Number.MAX_SAFE_INTEGER;

/** Limits on the number of rows. */
export interface RowBounds {
  /** Up to this many, a new row has its person, endpoint and model. */
  readonly named: number;
  /** Up to this many, a new row has its person alone; beyond, usage goes to the row `other`. */
  readonly all: number;
}

/** For an hour or day in Redis. */
export interface RowRule extends RowBounds {
  /** At least this many rows have endpoint and model, however many people there are, even above `all`. */
  readonly minNamed: number;
}

/** Room for the reserved names, and for people removed or renamed while rows are written. */
const PEOPLE_BESIDES = 20;

/**
 * Leaves room for one row per person, however early the rest is full.
 * @param people their number in the configuration
 */
export function rowBounds({ named, minNamed, all }: RowRule, people: number): RowBounds {
  const ofPeople = people + PEOPLE_BESIDES;
  const most = Math.max(minNamed, Math.min(named, all - ofPeople));
  return { named: most, all: Math.max(all, most + ofPeople) };
}

type OpenCounts = Record<UsageCount, number>;
type RowKey = Omit<UsageRow, 'counts'>;
type OpenRow = RowKey & { readonly counts: OpenCounts };

export class UsageTable {
  readonly #bounds: RowBounds;
  readonly #rows = new Map<string, OpenRow>();
  /** The last request's row: mostly also that of the next one, which then needs no key and no lookup. */
  #last: OpenRow | undefined;

  constructor(bounds: RowBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The live rows, which keep counting until `take`. */
  get rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  /** Counts a request in the hour in which it ended. @param model under which it is counted */
  addRequest(record: RequestRecord, model: string = record.model): void {
    const { person, endpoint, atMs } = record;
    const fromAtMs = hourOf(atMs);
    const last = this.#last;
    const isOfLast =
      last !== undefined &&
      last.fromAtMs === fromAtMs &&
      last.person === person &&
      last.endpoint === endpoint &&
      last.model === model;
    const row = isOfLast ? last : this.#rowOf({ person, endpoint, model, fromAtMs });
    this.#last = row;
    addRecord(row.counts, record);
  }

  add({ counts, ...key }: UsageRow): void {
    addCounts(this.#rowOf(key).counts, counts);
  }

  /** As in `record-usage.lua`. */
  #rowOf(key: RowKey): OpenRow {
    const { person, fromAtMs } = key;
    return (
      this.#knownOrNew(key, this.#bounds.named) ??
      this.#knownOrNew({ ...BEYOND, person, fromAtMs }, this.#bounds.all) ??
      this.#rows.get(nameOf({ ...BEYOND, fromAtMs })) ??
      this.#open({ ...BEYOND, fromAtMs })
    );
  }

  /** Undefined: there are `maxRows` already. */
  #knownOrNew(key: RowKey, maxRows: number): OpenRow | undefined {
    const known = this.#rows.get(nameOf(key));
    if (known !== undefined) return known;
    return this.#rows.size < maxRows ? this.#open(key) : undefined;
  }

  #open({ person, endpoint, model, fromAtMs }: RowKey): OpenRow {
    const row = { person, endpoint, model, fromAtMs, counts: noCounts() };
    this.#rows.set(nameOf(row), row);
    return row;
  }

  /** Returns all rows and empties the table. */
  take(): readonly UsageRow[] {
    const { rows } = this;
    this.#rows.clear();
    this.#last = undefined;
    return rows;
  }
}

/** What one request adds to its row. */
export function countsOf(record: RequestRecord): UsageCounts {
  const counts = noCounts();
  addRecord(counts, record);
  return counts;
}

function addRecord(counts: OpenCounts, record: RequestRecord): void {
  const { outcome, usage, costUsd, tokensKnown } = record;
  counts.requests += 1;
  if (outcome !== 'ok' && outcome !== 'client_gone') counts.failed += 1;
  const write5mTokens = usage.cacheWriteTokens - usage.cacheWrite1hTokens;
  counts.inputTokens = capped(counts.inputTokens + usage.inputTokens);
  counts.outputTokens = capped(counts.outputTokens + usage.outputTokens);
  counts.cacheReadTokens = capped(counts.cacheReadTokens + usage.cacheReadTokens);
  counts.cacheWrite5mTokens = capped(counts.cacheWrite5mTokens + write5mTokens);
  counts.cacheWrite1hTokens = capped(counts.cacheWrite1hTokens + usage.cacheWrite1hTokens);
  counts.costNanoUsd = capped(counts.costNanoUsd + Math.round((costUsd ?? 0) * NANO));
  if (costUsd === null && hasTokens(usage)) counts.unpriced += 1;
  if (tokensKnown === 'partly_reported' || tokensKnown === 'not_reported') counts.incomplete += 1;
  counts.possiblyBilledTwice += billedTwice(record);
}

/** Counts come from endpoints: an absurd count must not make a row unreadable. */
function capped(count: number): number {
  return Math.min(MAX_SUM, count);
}

function billedTwice({ attempts }: RequestRecord): number {
  let isAnswered = false;
  let billed = 0;
  for (const { failure, isBillable } of attempts) {
    if (failure === null) isAnswered = true;
    else if (isBillable) billed += 1;
  }
  // The last attempt of an unanswered request may be billed, but only once.
  return isAnswered ? billed : Math.max(0, billed - 1);
}

/** Hourly rows, summed by day (UTC). */
export function dailyRows(hours: readonly UsageRow[]): readonly UsageRow[] {
  const days = new UsageTable(ENDLESS);
  for (const row of hours) days.add({ ...row, fromAtMs: dayOf(row.fromAtMs) });
  return days.rows;
}

export function sumOfCounts(one: UsageCounts, two: UsageCounts): UsageCounts {
  const sum = { ...one };
  addCounts(sum, two);
  return sum;
}

function noCounts(): OpenCounts {
  return { ...NO_COUNTS };
}

function addCounts(to: OpenCounts, counts: UsageCounts): void {
  for (const name of COUNTS) to[name] = capped(to[name] + counts[name]);
}

/** When the hour (UTC) of a moment begins; `dayOf`: its day. */
export function hourOf(atMs: number): number {
  return atMs - (atMs % HOUR_MS);
}

export function dayOf(atMs: number): number {
  return atMs - (atMs % DAY_MS);
}

function nameOf(row: RowKey): string {
  return `${row.fromAtMs}\t${usageField(row)}`;
}

/** A row's names as one text, also its field in Redis: ids and names contain no tabs. */
export function usageField({ person, endpoint, model }: UsageKey): string {
  return `${person}\t${endpoint}\t${model}`;
}

function hasTokens(usage: AnswerUsage): boolean {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens > 0;
}
