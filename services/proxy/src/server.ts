/**
 * The HTTP server with its limits, and how it ends. Node's defaults suit a public site, not a proxy
 * whose answers may be silent for minutes and whose requests are small and quick to arrive.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { DataPathConfig } from '@zephyr/runtime/config/data-path';

import { type ErrorName, errorBody, errorKind, newRequestId } from './api-errors.ts';

const CHECK_INTERVAL_MS = 1_000;
/** For a refused client to read why. */
const LAST_READ_MS = 1_000;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly settings: DataPathConfig;
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Changed limits: of time at once, of a connection for new ones. */
  reconfigure(settings: DataPathConfig): void;
}

export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer(
    {
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      // The first request may wait for ever for its turn otherwise.
      noDelay: true,
    },
    handler,
  );
  let { connectionsPerAddress } = options.settings.limits;
  const reconfigure = (settings: DataPathConfig): void => {
    applyLimits(server, settings);
    ({ connectionsPerAddress } = settings.limits);
  };
  reconfigure(options.settings);
  limitConnectionsByAddress(server, () => connectionsPerAddress);
  server.on('clientError', answerMalformed);
  server.on('connect', (_req, socket: Socket) => answerRaw(socket, 'forward_proxy'));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, reconfigure };
}

/** No new connections; idle ones end; returns when the last one has ended. */
export async function closeGently(server: Server, signal: AbortSignal): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  while (!signal.aborted) {
    // A connection becomes idle when its answer ends, and would linger until its keep-alive limit.
    server.closeIdleConnections();
    const done = await Promise.race([
      closed.then(() => true),
      sleep(100, false, { signal }).catch(() => false),
    ]);
    if (done) return;
  }
}

function applyLimits(server: Server, { timeouts, limits }: DataPathConfig): void {
  server.headersTimeout = Math.min(timeouts.headersMs, timeouts.requestMs);
  server.requestTimeout = timeouts.requestMs;
  server.keepAliveTimeout = timeouts.keepAliveMs;
  server.maxConnections = limits.connections;
  // Node reads it for each new connection, though only its option is documented. A test watches it.
  Object.assign(server, { maxHeaderSize: limits.headerBytes });
}

function limitConnectionsByAddress(server: Server, limit: () => number): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (counts.get(address) ?? 0) + 1;
    if (count > limit()) {
      socket.destroy();
      return;
    }
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
}

/** What Node's parser refuses; the request never reached the application. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  answerRaw(socket, errorOfParser(error.code));
}

/** Where no response of Node's is at hand; the connection ends. */
function answerRaw(socket: Socket, name: ErrorName): void {
  socket.on('error', () => undefined);
  const { status } = errorKind(name);
  const body = errorBody(name, newRequestId());
  // A client that neither reads nor closes would hold the connection half open.
  setTimeout(() => socket.destroy(), LAST_READ_MS).unref();
  socket.end(
    `HTTP/1.1 ${status} ${name}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function errorOfParser(code: string | undefined): ErrorName {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'bad_request';
}
