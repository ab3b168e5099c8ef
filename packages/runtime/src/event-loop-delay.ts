/**
 * By how much the event loop is late, as prom-client names it. It is looked at only while somebody reads
 * the metrics, because each look wakes the process, also one at rest.
 *
 *     resting --(read)--> looking --(not read for `READ_WITHIN_MS`)--> resting
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { Gauge, type Registry } from 'prom-client';

/**
 * Ten looks a second show what a person would notice. Node's delays are from one look to the next, so
 * the dashboard subtracts this time.
 */
const LOOK_EVERY_MS = 100;
/** Longer than any Prometheus waits between two readings. */
export const READ_WITHIN_MS = 600_000;

const STATISTICS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;

/** Adds the metrics; they have no values in the first reading, which has nothing to show. */
export function addEventLoopDelay(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  let rest: NodeJS.Timeout | undefined;
  const read = (): void => {
    for (const gauge of gauges.values()) gauge.remove();
    if (rest === undefined) delays.enable();
    else if (delays.count > 0) show();
    clearTimeout(rest);
    rest = setTimeout(end, READ_WITHIN_MS).unref();
  };
  const show = (): void => {
    const { min, max, mean, stddev } = delays;
    const [p50, p90, p99] = [50, 90, 99].map((share) => delays.percentile(share));
    const values = { min, max, mean, stddev, p50, p90, p99 };
    for (const [of, gauge] of gauges) gauge.set((values[of] ?? 0) / 1e9);
    delays.reset();
  };
  const end = (): void => {
    rest = undefined;
    delays.disable();
    delays.reset();
  };
  const gauges = new Map(
    STATISTICS.map((of) => {
      const name = `nodejs_eventloop_lag_${of}_seconds`;
      const help = `The ${of} of the delays of the event loop since the last reading, and the 0.1 s between two looks.`;
      // One of them reads for all.
      const collect = of === 'min' ? { collect: read } : {};
      return [of, new Gauge({ name, help, registers: [registry], ...collect })] as const;
    }),
  );
}
