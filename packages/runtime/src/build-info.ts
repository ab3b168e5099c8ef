import { Gauge, type Registry } from 'prom-client';

import { VERSION } from './version.ts';

/** Which version answers, in the metrics of each service. */
export function addBuildInfo(registry: Registry): void {
  const build = new Gauge({
    name: 'zephyr_build_info',
    help: 'Always 1; the version of this program is its label',
    labelNames: ['version'],
    registers: [registry],
  });
  build.set({ version: VERSION }, 1);
}
