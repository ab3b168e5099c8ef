/** The connections to one endpoint: how many, how long they stay idle, which one is used next. */
import type { Agent as HttpAgent } from 'node:http';

import {
  createAgent,
  type EndpointAgentOptions,
  type EndpointConnection,
} from '@zephyr/runtime/connection/endpoint-agent';

export type PoolOptions = Pick<EndpointAgentOptions, 'lookup' | 'tunnelTimeoutMs'>;

/**
 * One per endpoint: the library's shared agent has 256 sockets per host, and the 257th stream would wait forever.
 * Our own limit of active requests bounds them. Idle ones stay until the endpoint closes them.
 */
const POOL_OPTIONS = {
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  maxFreeSockets: 256,
  // The most recently used socket is the least likely to have been closed by the other side.
  scheduling: 'lifo',
} as const;

export function connectionPool(connection: EndpointConnection, options: PoolOptions): HttpAgent {
  return createAgent(connection, { ...POOL_OPTIONS, ...options });
}

/** Opens a connection for each request. */
export function freshConnections(connection: EndpointConnection, options: PoolOptions): HttpAgent {
  return createAgent(connection, { keepAlive: false, ...options });
}

/** Ends idle connections now, and those in use after their answer. */
export function closePool(pool: HttpAgent): void {
  pool.maxFreeSockets = 0;
  for (const sockets of Object.values(pool.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
