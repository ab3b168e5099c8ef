/** Ports of the services, unless configured; the highest. Imports nothing, so that the browser may load it. */
export const DEFAULT_PORTS = { proxy: 8080, controller: 8081, prober: 8082 } as const;

/** Of TCP, whose ports have 16 bits. */
export const MAX_PORT = 65_535;
