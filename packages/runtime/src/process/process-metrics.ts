/**
 * Memory, processor time, garbage collection and the delay of the event loop: process-wide, so collected once
 * even if one process runs several services, each with its own metrics page.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

import { addEventLoopDelay } from './event-loop-delay.ts';

/** prom-client's own event loop sampling would wake an idle process. */
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
