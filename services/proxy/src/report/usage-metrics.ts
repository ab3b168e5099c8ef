/**
 * Who used what, for Prometheus: as exact as the ledger, and free for requests, because it is counted from
 * the rows that the ledger gets about once a second. Bounded, because model names come from clients and each
 * series costs Prometheus memory. The excess is counted as `other`, so that the sums stay correct.
 */
import { BEYOND } from '@zephyr/contract/reserved-names';
import { NANO } from '@zephyr/contract/units';
import {
  NAMED_DIMENSIONS,
  type NamedDimension,
  type UsageCounts,
  type UsageKey,
  type UsageRow,
} from '@zephyr/contract/usage/usage';
import { NO_COUNTS, sumOfCounts, usageField } from '@zephyr/core';
import { Counter, type LabelValues, type Registry } from 'prom-client';

/** Of person, endpoint and model. Each has at most eight series. */
const MAX_COMBINATIONS = 1_000;
/** Leaves room for others if one person tries everything. */
const MAX_COMBINATIONS_OF_PERSON = 100;
/** People whose further endpoints and models are counted as `other`, under their own names. */
const MAX_REMAINDERS = 1_000;

type UsageLabel = NamedDimension | 'kind';
type Sample = readonly [labels: LabelValues<UsageLabel>, value: number];

interface Usage extends UsageKey {
  counts: UsageCounts;
}

const TOKEN_KINDS = {
  input: 'inputTokens',
  output: 'outputTokens',
  cache_read: 'cacheReadTokens',
  cache_write_5m: 'cacheWrite5mTokens',
  cache_write_1h: 'cacheWrite1hTokens',
} as const;

const COUNTERS: readonly {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly UsageLabel[];
  readonly of: (usage: Usage) => readonly Sample[];
}[] = [
  {
    name: 'zephyr_usage_requests_total',
    help: 'Finished requests',
    labelNames: NAMED_DIMENSIONS,
    of: (usage) => [[keyOf(usage), usage.counts.requests]],
  },
  {
    name: 'zephyr_usage_failed_requests_total',
    help: 'Finished requests whose outcome was neither ok nor client_gone',
    labelNames: NAMED_DIMENSIONS,
    of: (usage) => [[keyOf(usage), usage.counts.failed]],
  },
  {
    name: 'zephyr_usage_tokens_total',
    help: 'Tokens reported in answers; kind is input, output, cache_read, cache_write_5m or cache_write_1h',
    labelNames: [...NAMED_DIMENSIONS, 'kind'],
    of: (usage) =>
      Object.entries(TOKEN_KINDS)
        .map(([kind, count]): Sample => [{ ...keyOf(usage), kind }, usage.counts[count]])
        .filter(([, tokens]) => tokens > 0),
  },
  {
    name: 'zephyr_usage_cost_usd_total',
    help: 'Cost of requests by the price table, in US dollars; models without a known price are not included',
    labelNames: NAMED_DIMENSIONS,
    of: (usage) => [[keyOf(usage), usage.counts.costNanoUsd / NANO]],
  },
];

export class UsageMetrics {
  readonly #usages = new Map<string, Usage>();
  readonly #combinationsOf = new Map<string, number>();
  #combinations = 0;
  #remainders = 0;

  /** @param registry one whose labels may contain people's names */
  constructor(registry: Registry) {
    for (const { of, ...named } of COUNTERS) {
      new ReadCounter({ ...named, registers: [registry] }, () =>
        [...this.#usages.values()].flatMap(of),
      );
    }
  }

  /** @param rows added since the last call */
  add(rows: readonly UsageRow[]): void {
    for (const row of rows) {
      const usage = this.#usageOf(row);
      usage.counts = sumOfCounts(usage.counts, row.counts);
    }
  }

  #usageOf(key: UsageKey): Usage {
    const remainder = { ...BEYOND, person: key.person };
    return (
      this.#known(key) ??
      this.#newCombination(key) ??
      this.#known(remainder) ??
      this.#newRemainder(remainder) ??
      this.#known(BEYOND) ??
      this.#create(BEYOND)
    );
  }

  #newCombination(key: UsageKey): Usage | undefined {
    const ofPerson = this.#combinationsOf.get(key.person) ?? 0;
    const isFull = this.#combinations >= MAX_COMBINATIONS || ofPerson >= MAX_COMBINATIONS_OF_PERSON;
    if (isFull) return undefined;
    this.#combinations += 1;
    this.#combinationsOf.set(key.person, ofPerson + 1);
    return this.#create(key);
  }

  #newRemainder(key: UsageKey): Usage | undefined {
    if (this.#remainders >= MAX_REMAINDERS) return undefined;
    this.#remainders += 1;
    return this.#create(key);
  }

  #known(key: UsageKey): Usage | undefined {
    return this.#usages.get(usageField(key));
  }

  #create(key: UsageKey): Usage {
    const usage = { ...keyOf(key), counts: NO_COUNTS };
    this.#usages.set(usageField(key), usage);
    return usage;
  }
}

/**
 * A counter whose value is read from elsewhere. A series reads 0 the first time, because `increase()` sees
 * the first event only after a zero.
 */
class ReadCounter extends Counter<UsageLabel> {
  readonly #read: () => readonly Sample[];
  readonly #shown = new Set<string>();

  constructor(
    config: ConstructorParameters<typeof Counter<UsageLabel>>[0],
    read: () => readonly Sample[],
  ) {
    super(config);
    this.#read = read;
  }

  override async get(): ReturnType<Counter<UsageLabel>['get']> {
    const values = this.#read().map(([labels, value]) => {
      const name = Object.values(labels).join('\t');
      const isShown = this.#shown.has(name);
      this.#shown.add(name);
      return { labels, value: isShown ? value : 0 };
    });
    return { ...(await super.get()), values };
  }
}

function keyOf({ person, endpoint, model }: UsageKey): UsageKey {
  return { person, endpoint, model };
}
