/** Ports of the services, unless configured. Imports nothing, so that the browser may load it. */
export const DEFAULT_PORTS = { proxy: 8080, controller: 8081, prober: 8082 } as const;
