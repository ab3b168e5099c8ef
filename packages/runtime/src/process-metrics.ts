/**
 * Memory, processor time, garbage collection and the delay of the event loop: those of the process, so
 * they are collected once, also where one process runs several services with a page of metrics each.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Each look wakes the process, also one at rest: ten a second show what a person would notice. Node's
 * delays are from one look to the next, so the dashboard subtracts this time.
 */
const LOOK_EVERY_MS = 100;

let collected: Registry | undefined;

export function addProcessMetrics(registry: Registry): void {
  if (collected === undefined) {
    collected = new Registry();
    collectDefaultMetrics({ register: collected, eventLoopMonitoringPrecision: LOOK_EVERY_MS });
  }
  for (const { name } of collected.getMetricsAsArray()) {
    const metric = collected.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
}
