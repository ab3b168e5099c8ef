/** The controller's HTTP server. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { ZephyrError } from '@zephyr/runtime/errors';

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws ZephyrError `LISTEN` when the address is taken or not ours. */
export async function startServer(
  app: RequestListener,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 },
    app,
  );
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { host, port } = address;
    throw new ZephyrError('LISTEN', `cannot listen on ${host}:${port}: ${String(cause)}`, {
      cause,
      advice: ['end the program that uses the port, or set controller.port in config.toml'],
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      // Event streams never end by themselves; their readers come again elsewhere.
      server.closeAllConnections();
      await closed;
    },
  };
}
