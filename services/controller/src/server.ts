/** The controller's HTTP server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type AppDeps, createApp } from './api/app.ts';

export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startServer(
  deps: AppDeps,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const server = createServer(createApp(deps));
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      // Event streams never end by themselves.
      server.closeAllConnections();
    },
  };
}
