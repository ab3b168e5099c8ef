/** The controller's HTTP server. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@zephyr/runtime/clock';
import type { OwnCertificate } from '@zephyr/runtime/config/config';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { encrypt, refusingUnencrypted } from '@zephyr/runtime/http/own-tls';
import { phrase } from '@zephyr/runtime/phrase';
import { listenOn } from '@zephyr/runtime/process/listen-fds';

/** How long the headers of a request may take, and all of it. */
const MAX_HEADERS_MS = 10_000;
const MAX_REQUEST_MS = 30_000;
/** How much longer a client may take than the two limits: each look wakes an idle controller. */
const CHECK_INTERVAL_MS = 10_000;

export interface RunningServer {
  readonly server: Server;
  readonly port: number;
  /** Uses a renewed certificate for new connections. */
  renew(certificate: OwnCertificate | undefined): void;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Undefined: plain HTTP. */
  readonly certificate: OwnCertificate | undefined;
  readonly clock: Clock;
  /** A socket that already listens there. */
  readonly fd: number | undefined;
}

/** @throws ZephyrError `LISTEN` if the address is in use or not local. */
export async function startServer(
  app: RequestListener,
  address: { readonly host: string; readonly port: number },
  { certificate, clock, fd }: ServerOptions,
): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: MAX_HEADERS_MS,
      requestTimeout: MAX_REQUEST_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    certificate === undefined ? app : refusingUnencrypted(app, refuseUnencrypted),
  );
  const tls = certificate && encrypt(server, certificate, clock);
  listenOn(server, address, fd);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { host, port } = address;
    throw new ZephyrError('LISTEN', phrase`cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      cause,
      advice: [phrase`end the program that uses the port, or set controller.port in config.toml`],
    });
  }
  return {
    server,
    port: (server.address() as AddressInfo).port,
    renew: (renewed) => {
      if (renewed !== undefined) tls?.renew(renewed);
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      // Event streams never end on their own; their clients reconnect elsewhere.
      server.closeAllConnections();
      tls?.endArriving();
      await closed;
    },
  };
}

function refuseUnencrypted(_req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  res.end('this port speaks HTTPS: use https:// with the name in its certificate\n');
}
