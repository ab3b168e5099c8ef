/** The tables of docs/metrics.md, from the registries of the services. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import { createMetrics as createControllerMetrics } from '../../services/controller/src/metrics.ts';
import { createMetrics as createProberMetrics } from '../../services/prober/src/metrics.ts';
import { createMetrics as createProxyMetrics } from '../../services/proxy/src/report/metrics.ts';

export interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** A metric of prom-client, whose types do not declare the label names. */
interface NamedMetric {
  readonly labelNames: readonly string[];
}

/** By service. No metric is read, so their sources can be left out. */
export function metricRows(): ReadonlyMap<string, readonly MetricRow[]> {
  const unread = () => {
    throw new Error('only the names of the metrics are used here');
  };
  const proxy = createProxyMetrics({
    activeRequests: unread,
    streams: unread,
    ejected: unread,
    snapshotAgeSeconds: unread,
    isRedisConnected: unread,
    bufferedBodyBytes: unread,
    retryBudget: unread,
    isServing: unread,
    budgets: unread,
    unwrittenRequests: unread,
  });
  const prober = createProberMetrics({
    ...{ running: unread, queued: unread, isRedisConnected: unread, isRedisWritable: unread },
  });
  type ControllerParts = Parameters<typeof createControllerMetrics>;
  const controller = createControllerMetrics({} as ControllerParts[0], {} as ControllerParts[1]);
  return new Map([
    ['proxy', [...rowsOf(proxy.registry), ...rowsOf(proxy.people)]],
    ['prober', rowsOf(prober.registry)],
    ['controller', rowsOf(controller.registry)],
  ]);
}

function rowsOf(registry: Registry): MetricRow[] {
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('zephyr_'))
    .map(({ name, help }) => {
      const metric = registry.getSingleMetric(name) as unknown as NamedMetric;
      const type = typeOf(metric);
      return { name, type, labels: metric.labelNames.filter((label) => label !== 'le'), help };
    });
}

function typeOf(metric: unknown): string {
  if (metric instanceof Counter) return 'counter';
  if (metric instanceof Gauge) return 'gauge';
  if (metric instanceof Histogram) return 'histogram';
  throw new Error('a metric of no type that the tables know');
}

export function renderMetricTables(): string {
  return [...metricRows()]
    .map(([service, rows]) =>
      [
        `### ${service}`,
        '',
        '| name | type | labels | meaning |',
        '|---|---|---|---|',
        ...rows.map(
          ({ name, type, labels, help }) =>
            `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}
