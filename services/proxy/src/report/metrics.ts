/** Every metric of the proxy, with labels from closed sets: endpoints, outcomes, failure classes. */

import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import { type Budget, LIMIT_NAMES } from '@zephyr/contract/usage/people-limits';
import { REQUEST_OUTCOMES } from '@zephyr/contract/usage/usage';
import type { RetryRefusal } from '@zephyr/core';
import { addBuildInfo } from '@zephyr/runtime/process/build-info';
import { addProcessMetrics } from '@zephyr/runtime/process/process-metrics';
import { REDIS_SECONDS } from '@zephyr/runtime/redis/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { addBudgetGauges } from './budget-metrics.ts';
import { TalliedCounter } from './tallied-counter.ts';
import { TalliedHistogram } from './tallied-histogram.ts';
import { UsageMetrics } from './usage-metrics.ts';

/** From a cached first token to the longest thinking time that people accept. */
const TTFT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120];
const DURATION_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];

const RETRY_REFUSALS: readonly (RetryRefusal | 'budget_spent')[] = [
  ...(['body_not_buffered', 'not_repeatable', 'not_allowed'] as const),
  ...(['retries_spent', 'budget_spent'] as const),
];

export interface ProxyMetrics {
  readonly registry: Registry;
  /** Metrics that contain people's names: not for the public port. */
  readonly people: Registry;
  readonly requests: TalliedCounter<'outcome'>;
  readonly attempts: TalliedCounter<'endpoint' | 'outcome'>;
  readonly retries: Counter<'reason'>;
  readonly retriesRefused: Counter<'reason'>;
  readonly ttft: TalliedHistogram<'endpoint'>;
  readonly duration: TalliedHistogram<'outcome'>;
  readonly tokens: TalliedCounter<'endpoint' | 'kind'>;
  readonly refusals: Counter<'reason'>;
  readonly limitRefusals: Counter<'limit'>;
  readonly personRequests: TalliedCounter<'person'>;
  readonly reports: Counter<'outcome'>;
  readonly redis: Histogram;
  readonly usageWrites: Counter<'outcome'>;
  readonly usage: UsageMetrics;
}

/** Values read at scrape time. */
export interface ProxyGauges {
  activeRequests(): ReadonlyMap<string, number>;
  /** By endpoint; endpoints without streams may be absent. */
  streams(): ReadonlyMap<string, number>;
  ejected(): ReadonlyMap<string, boolean>;
  snapshotAgeSeconds(): number;
  isRedisConnected(): boolean;
  bufferedBodyBytes(): number;
  retryBudget(): number;
  isServing(): boolean;
  unwrittenRequests(): number;
  budgets(): readonly Budget[];
}

export function createMetrics(gauges: ProxyGauges): ProxyMetrics {
  const registry = new Registry();
  addBuildInfo(registry);
  const people = new Registry();
  addProcessMetrics(registry);
  addGauges(registry, gauges);
  addBudgetGauges(people, gauges.budgets);
  const metrics: ProxyMetrics = {
    registry,
    people,
    ...requestMetrics([registry]),
    ...refusalMetrics([registry]),
    ...redisMetrics([registry]),
    personRequests: new TalliedCounter({
      name: 'zephyr_proxy_person_requests_total',
      help: 'Admitted requests, by person',
      labelNames: ['person'],
      registers: [people],
    }),
    usage: new UsageMetrics(people),
  };
  // `rate()` sees the first event only after a zero.
  for (const outcome of REQUEST_OUTCOMES) metrics.requests.inc({ outcome }, 0);
  for (const reason of FAILURE_CLASSES) metrics.retries.inc({ reason }, 0);
  for (const limit of LIMIT_NAMES) metrics.limitRefusals.inc({ limit }, 0);
  for (const reason of RETRY_REFUSALS) metrics.retriesRefused.inc({ reason }, 0);
  return metrics;
}

function requestMetrics(registers: Registry[]) {
  return {
    requests: new TalliedCounter({
      name: 'zephyr_proxy_requests_total',
      help: 'Proxied requests by outcome for the client',
      labelNames: ['outcome'],
      registers,
    }),
    attempts: new TalliedCounter({
      name: 'zephyr_proxy_attempts_total',
      help: 'Attempts by endpoint and outcome: ok, client_gone or a failure class',
      labelNames: ['endpoint', 'outcome'],
      registers,
    }),
    retries: new Counter({
      name: 'zephyr_proxy_retries_total',
      help: 'Retries, by the failure that caused them',
      labelNames: ['reason'],
      registers,
    }),
    ttft: new TalliedHistogram({
      name: 'zephyr_proxy_ttft_seconds',
      help: 'TTFT: from sending a request to the first content of its answer',
      labelNames: ['endpoint'],
      buckets: TTFT_SECONDS,
      registers,
    }),
    duration: new TalliedHistogram({
      name: 'zephyr_proxy_request_duration_seconds',
      help: 'Time from receiving a request to the end of its answer',
      labelNames: ['outcome'],
      buckets: DURATION_SECONDS,
      registers,
    }),
    tokens: new TalliedCounter({
      name: 'zephyr_proxy_tokens_total',
      help: 'Tokens that the endpoints reported',
      labelNames: ['endpoint', 'kind'],
      registers,
    }),
  } satisfies Partial<ProxyMetrics>;
}

function refusalMetrics(registers: Registry[]) {
  return {
    retriesRefused: new Counter({
      name: 'zephyr_proxy_retries_refused_total',
      help: 'Failed attempts that were not retried, by reason',
      labelNames: ['reason'],
      registers,
    }),
    refusals: new Counter({
      name: 'zephyr_proxy_refused_requests_total',
      help: 'Requests refused without asking an endpoint, by reason',
      labelNames: ['reason'],
      registers,
    }),
    limitRefusals: new Counter({
      name: 'zephyr_proxy_limit_refusals_total',
      help: 'Requests refused because a person or team had reached a limit, by the limit’s configuration key',
      labelNames: ['limit'],
      registers,
    }),
  } satisfies Partial<ProxyMetrics>;
}

function redisMetrics(registers: Registry[]) {
  return {
    reports: new Counter({
      name: 'zephyr_proxy_reports_total',
      help: 'Reports to Redis: arrived or lost',
      labelNames: ['outcome'],
      registers,
    }),
    redis: new Histogram({
      name: 'zephyr_proxy_redis_round_trip_seconds',
      help: 'Time for Redis to return the routing snapshot; no request waits for it',
      buckets: REDIS_SECONDS,
      registers,
    }),
    usageWrites: new Counter({
      name: 'zephyr_proxy_usage_writes_total',
      help: 'Usage batches sent to Redis: written, known (already written before) or failed',
      labelNames: ['outcome'],
      registers,
    }),
  } satisfies Partial<ProxyMetrics>;
}

function addGauges(registry: Registry, gauges: ProxyGauges): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_proxy_active_requests',
    help: 'Active requests by endpoint',
    labelNames: ['endpoint'],
    registers,
    collect() {
      for (const [endpoint, count] of gauges.activeRequests()) this.set({ endpoint }, count);
    },
  });
  new Gauge({
    name: 'zephyr_proxy_streams',
    help: 'Answers being streamed to clients, by endpoint',
    labelNames: ['endpoint'],
    registers,
    collect() {
      const streams = gauges.streams();
      for (const endpoint of gauges.activeRequests().keys()) {
        this.set({ endpoint }, streams.get(endpoint) ?? 0);
      }
    },
  });
  new Gauge({
    name: 'zephyr_proxy_endpoint_ejected',
    help: '1 while this proxy tries the endpoint only after all others',
    labelNames: ['endpoint'],
    registers,
    collect() {
      for (const [endpoint, out] of gauges.ejected()) this.set({ endpoint }, out ? 1 : 0);
    },
  });
  addPlainGauges(registers, gauges);
}

/** Gauges without labels. */
function addPlainGauges(registers: Registry[], gauges: ProxyGauges): void {
  const plain: readonly (readonly [string, string, () => number])[] = [
    [
      'zephyr_proxy_snapshot_age_seconds',
      'Time since Redis last confirmed the routing snapshot',
      gauges.snapshotAgeSeconds,
    ],
    ['zephyr_proxy_redis_up', '1 while Redis answers', () => (gauges.isRedisConnected() ? 1 : 0)],
    [
      'zephyr_proxy_buffered_body_bytes',
      'Bytes of request bodies buffered for retries',
      gauges.bufferedBodyBytes,
    ],
    [
      'zephyr_proxy_serving',
      '0 if this proxy has answered all requests of the last seconds with its own errors',
      () => (gauges.isServing() ? 1 : 0),
    ],
    [
      'zephyr_proxy_retry_budget',
      'Retries that the retry budget currently allows',
      gauges.retryBudget,
    ],
    [
      'zephyr_proxy_usage_unwritten_requests',
      'Finished requests whose usage is not yet in Redis',
      gauges.unwrittenRequests,
    ],
  ];
  for (const [name, help, read] of plain) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}
