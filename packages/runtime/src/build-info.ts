import { Gauge, type Registry } from 'prom-client';

import { VERSION } from './version.ts';

/** The running version, exposed in each service's metrics. */
export function addBuildInfo(registry: Registry): void {
  const build = new Gauge({
    name: 'zephyr_build_info',
    help: 'Always 1; the version of this program is its label',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version: VERSION }, 1);
}
