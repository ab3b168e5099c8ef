/** Every metric of the prober, with labels from closed sets: endpoints, styles, failure classes. */

import { addBuildInfo } from '@zephyr/runtime/process/build-info';
import { addProcessMetrics } from '@zephyr/runtime/process/process-metrics';
import { REDIS_SECONDS } from '@zephyr/runtime/redis/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a free probe of a nearby host to the default timeout plus grace. */
const DURATION_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 15, 20, 30];

export interface ProberMetrics {
  readonly registry: Registry;
  /** `outcome`: `ok` or a failure class. */
  readonly results: Counter<'endpoint' | 'style' | 'outcome'>;
  readonly latency: Histogram<'endpoint' | 'style'>;
  readonly wall: Histogram<'endpoint' | 'style'>;
  readonly tokens: Counter<'endpoint' | 'kind'>;
  readonly usd: Counter<'endpoint'>;
  readonly recorded: Counter<'answer'>;
  readonly redis: Histogram;
}

/** Values read at scrape time. */
export interface Gauges {
  running(): number;
  /** Jobs by state; absent while Redis is away. */
  queued(): Promise<Readonly<Record<string, number>> | undefined>;
  isRedisConnected(): boolean;
  /** Whether Redis accepts this prober's writes. */
  isRedisWritable(): Promise<boolean>;
}

export function createMetrics(gauges: Gauges): ProberMetrics {
  const registry = new Registry();
  addBuildInfo(registry);
  const registers = [registry];
  addProcessMetrics(registry);
  addGauges(registry, gauges);
  return {
    registry,
    results: new Counter({
      name: 'zephyr_probe_results_total',
      help: 'Probes by outcome: ok or a failure class',
      labelNames: ['endpoint', 'style', 'outcome'],
      registers,
    }),
    latency: new Histogram({
      name: 'zephyr_probe_latency_seconds',
      help: 'Latency of successful probes: from sending the request to the end of its answer, without the start-up of the CLI',
      labelNames: ['endpoint', 'style'],
      buckets: DURATION_SECONDS,
      registers,
    }),
    wall: new Histogram({
      name: 'zephyr_probe_wall_seconds',
      help: 'Duration of whole probes, including the start-up of the CLI',
      labelNames: ['endpoint', 'style'],
      buckets: DURATION_SECONDS,
      registers,
    }),
    tokens: new Counter({
      name: 'zephyr_probe_tokens_total',
      help: 'Tokens that the endpoints reported for probes',
      labelNames: ['endpoint', 'kind'],
      registers,
    }),
    usd: new Counter({
      name: 'zephyr_probe_cost_usd_total',
      help: 'Cost of probes by the price table, in US dollars',
      labelNames: ['endpoint'],
      registers,
    }),
    recorded: new Counter({
      name: 'zephyr_probe_records_total',
      help: 'Probe results by what happened to them: recorded, duplicate, late, outdated, dropped',
      labelNames: ['answer'],
      registers,
    }),
    redis: new Histogram({
      name: 'zephyr_prober_redis_round_trip_seconds',
      help: 'Time for Redis to record a probe result',
      buckets: REDIS_SECONDS,
      registers,
    }),
  };
}

function addGauges(registry: Registry, gauges: Gauges): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_probe_running',
    help: 'Probes running on this prober',
    registers,
    collect() {
      this.set(gauges.running());
    },
  });
  new Gauge({
    name: 'zephyr_probe_queue_jobs',
    help: 'Jobs in the probe queue, which all probers share, by state',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      for (const [state, jobs] of Object.entries((await gauges.queued()) ?? {}))
        this.set({ state }, jobs);
    },
  });
  new Gauge({
    name: 'zephyr_prober_redis_up',
    help: '1 while Redis answers',
    registers,
    collect() {
      this.set(gauges.isRedisConnected() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'zephyr_prober_redis_writable',
    help: '1 while Redis accepts this prober’s writes; 0 while it is unreachable, full or read-only',
    registers,
    async collect() {
      this.set((await gauges.isRedisWritable()) ? 1 : 0);
    },
  });
}
