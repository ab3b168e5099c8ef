import { Gauge, type Registry } from 'prom-client';

import { VERSION } from '../version.ts';

/** The running version, exposed in each service's metrics. */
export function addBuildInfo(registry: Registry): void {
  const build = new Gauge({
    name: 'zephyr_build_info',
    help: 'Always 1; the label is the version of the program',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version: VERSION }, 1);
}
