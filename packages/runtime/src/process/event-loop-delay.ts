/**
 * Event loop delay, under prom-client's names. Sampled only while the metrics are scraped, because each
 * sample wakes even an idle process.
 *
 *     idle --(read)--> looking --(not read for `READ_WITHIN_MS`)--> idle
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { NANO } from '@zephyr/contract/units';
import { Gauge, type Registry } from 'prom-client';

import { type Clock, systemClock, type Timer } from '../clock.ts';

/**
 * Ten samples a second show what a person would notice. Node's delays include the sampling interval, so the
 * dashboard subtracts it.
 */
const SAMPLING_INTERVAL_MS = 100;
/** Longer than any Prometheus scrape interval. */
export const READ_WITHIN_MS = 600_000;

const STATISTICS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;

/** Adds the metrics; they have no values in the first scrape. */
export function addEventLoopDelay(registry: Registry, clock: Clock = systemClock): void {
  const delays = monitorEventLoopDelay({ resolution: SAMPLING_INTERVAL_MS });
  let idleTimer: Timer | undefined;
  const read = (): void => {
    for (const gauge of gauges.values()) gauge.remove();
    if (idleTimer === undefined) delays.enable();
    else if (delays.count > 0) show();
    clock.clearTimer(idleTimer);
    idleTimer = clock.setTimer(end, READ_WITHIN_MS, { isBackground: true });
  };
  const show = (): void => {
    const { min, max, mean, stddev } = delays;
    const [p50, p90, p99] = [50, 90, 99].map((share) => delays.percentile(share));
    const values = { min, max, mean, stddev, p50, p90, p99 };
    for (const [of, gauge] of gauges) gauge.set((values[of] ?? 0) / NANO);
    delays.reset();
  };
  const end = (): void => {
    idleTimer = undefined;
    delays.disable();
    delays.reset();
  };
  const gauges = new Map(
    STATISTICS.map((of) => {
      const name = `nodejs_eventloop_lag_${of}_seconds`;
      const help = `The ${of} of the delays of the event loop since the last reading, and the 0.1 s between two looks.`;
      // One of them collects for all.
      const collect = of === 'min' ? { collect: read } : {};
      return [of, new Gauge({ name, help, registers: [registry], ...collect })] as const;
    }),
  );
}
