/**
 * Adds up who used what, by hour. Bounded, and folded step by step: what no longer fits is added up by
 * person alone, and then in one row that belongs to nobody, so that the sums stay right.
 */
import { DAY_MS, HOUR_MS, NANO } from '@zephyr/contract/units';
import type {
  AnswerUsage,
  OTHER,
  RequestRecord,
  UsageCount,
  UsageCounts,
  UsageKey,
  UsageRow,
} from '@zephyr/contract/usage';

const other: typeof OTHER = 'other';
export const NO_COUNTS: UsageCounts = {
  ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
  ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 0 },
  ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
};
const BEYOND: UsageKey = { person: other, endpoint: other, model: other };
const ENDLESS: RowBounds = { named: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };
const COUNTS = Object.keys(noCounts()) as readonly UsageCount[];
/** Beyond it whole numbers are not exact: a sum stays there. */
export const MOST = Number.MAX_SAFE_INTEGER;

/** How many rows there may be. */
export interface RowBounds {
  /** Until then a new row has its person, endpoint and model. */
  readonly named: number;
  /** Until then one of its person alone; later new ones belong to nobody. */
  readonly all: number;
}

/** Of an hour or a day in Redis. */
export interface RowRule extends RowBounds {
  /** At least this many rows have endpoint and model, however many people there are, even beyond `all`. */
  readonly leastNamed: number;
}

/** Persons that are no clients, and clients that were removed or renamed while the rows are written. */
const PEOPLE_BESIDES = 20;

/**
 * There is room for a row of each person, however early the rest is full.
 * @param people of the configuration
 */
export function rowBounds({ named, leastNamed, all }: RowRule, people: number): RowBounds {
  const ofPeople = people + PEOPLE_BESIDES;
  const most = Math.max(leastNamed, Math.min(named, all - ofPeople));
  return { named: most, all: Math.max(all, most + ofPeople) };
}

type OpenCounts = Record<UsageCount, number>;
type RowKey = Omit<UsageRow, 'counts'>;
type OpenRow = RowKey & { readonly counts: OpenCounts };

export class UsageTable {
  readonly #bounds: RowBounds;
  readonly #rows = new Map<string, OpenRow>();
  /** Of the last request: mostly that of the next one, which then needs neither name nor object. */
  #last: OpenRow | undefined;

  constructor(bounds: RowBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** As they are now: they go on counting until `take`. */
  get rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  /** By the hour that it ended in. @param model under which it is counted */
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

  /** All rows; the table is empty then. */
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

/** What an endpoint names: one that lies must not make a row unreadable. */
function capped(count: number): number {
  return Math.min(MOST, count);
}

function billedTwice({ attempts }: RequestRecord): number {
  let isAnswered = false;
  let billed = 0;
  for (const { failure, mayBeBilled } of attempts) {
    if (failure === null) isAnswered = true;
    else if (mayBeBilled) billed += 1;
  }
  // The last attempt of a request that nobody answered may be billed, but once.
  return isAnswered ? billed : Math.max(0, billed - 1);
}

/** The rows of hours, added up by day (UTC). */
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
  return {
    ...{ requests: 0, failed: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
    ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 0 },
    ...{ unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 },
  };
}

function addCounts(to: OpenCounts, counts: UsageCounts): void {
  for (const name of COUNTS) to[name] = capped(to[name] + counts[name]);
}

export function hourOf(atMs: number): number {
  return atMs - (atMs % HOUR_MS);
}

export function dayOf(atMs: number): number {
  return atMs - (atMs % DAY_MS);
}

/** Ids and names hold no tab. */
function nameOf({ fromAtMs, person, endpoint, model }: RowKey): string {
  return `${fromAtMs}\t${person}\t${endpoint}\t${model}`;
}

function hasTokens(usage: AnswerUsage): boolean {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens > 0;
}
