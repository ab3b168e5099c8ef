/**
 * Memory, processor time, garbage collection and the delay of the event loop: those of the process, so
 * they are collected once, also where one process runs several services with a page of metrics each.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

import { addEventLoopDelay } from './event-loop-delay.ts';

/** prom-client's own looks at the event loop would wake a process that nobody asks anything. */
const NEVER_MS = 2 ** 31 - 1;
const OF_LOOKS = /^nodejs_eventloop_lag_(?!seconds$)/;

let collected: Registry | undefined;

export function addProcessMetrics(registry: Registry): void {
  collected ??= collect();
  for (const { name } of collected.getMetricsAsArray()) {
    const metric = collected.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
}

function collect(): Registry {
  const all = new Registry();
  collectDefaultMetrics({ register: all, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of all.getMetricsAsArray()) {
    if (OF_LOOKS.test(name)) all.removeSingleMetric(name);
  }
  addEventLoopDelay(all);
  return all;
}
