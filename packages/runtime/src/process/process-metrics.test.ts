import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { addProcessMetrics } from './process-metrics.ts';

describe('addProcessMetrics', () => {
  it('gives the services of one process the same metrics: the event loop is sampled once', async () => {
    const [proxy, prober] = [new Registry(), new Registry()];
    for (const registry of [proxy, prober]) addProcessMetrics(registry);
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
      expect(await proxy.metrics()).toContain(`\n${name} `);
      expect(prober.getSingleMetric(name)).toBe(proxy.getSingleMetric(name));
    }
  });
});
