/** The services' start functions; modules are loaded only when called. */
import type { ServiceName, StartFunction } from '@zephyr/runtime/service/service';

export const SERVICES: Readonly<Record<ServiceName, () => Promise<StartFunction>>> = {
  proxy: async () => (await import('../../../../../services/proxy/src/proxy.ts')).startProxy,
  prober: async () => (await import('../../../../../services/prober/src/prober.ts')).startProber,
  controller: async () =>
    (await import('../../../../../services/controller/src/controller.ts')).startController,
};
