/**
 * The HTTP server with its limits, and how it stops. Node's defaults suit a public site, not a proxy whose
 * answers may be silent for minutes and whose requests are small and quick to arrive.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { type Clock, pause } from '@zephyr/runtime/clock';
import type { DataPathConfig, OwnCertificate } from '@zephyr/runtime/config/config';
import { encrypt, refusingUnencrypted } from '@zephyr/runtime/http/own-tls';
import { listenOn } from '@zephyr/runtime/process/listen-fds';

import {
  type ErrorName,
  errorBody,
  errorKind,
  newRequestId,
  sendError,
} from '../answer/zephyr-errors.ts';
import type { Connections } from './connections.ts';

/**
 * How much longer than its limit a client may take for its headers and its request. Node looks at all
 * connections this often, which wakes an idle proxy.
 */
const CONNECTIONS_POLL_MS = 5_000;
/** Time for a refused client to read why. */
const LAST_READ_TIMEOUT_MS = 1_000;

type ServerSettings = Pick<DataPathConfig, 'timeouts' | 'limits'>;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** File descriptor of a socket that is already listening. */
  readonly fd?: number | undefined;
  readonly settings: ServerSettings;
  readonly connections: Connections;
  readonly clock: Clock;
  /** Undefined: plain HTTP. */
  readonly certificate?: OwnCertificate | undefined;
}

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Applies changed limits: time limits immediately, connection limits to new connections. */
  reconfigure(settings: ServerSettings): void;
  /** Uses a renewed certificate for new connections. */
  renew(certificate: OwnCertificate | undefined): void;
}

export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const { connections, certificate, clock } = options;
  const server = createServer(
    {
      connectionsCheckingInterval: CONNECTIONS_POLL_MS,
      // Otherwise the first request may wait forever for its turn.
      noDelay: true,
    },
    connections.inOrder(
      certificate === undefined ? handler : refusingUnencrypted(handler, refuseUnencrypted),
    ),
  );
  // Node's `close` would end connections whose clients still have an answer to read, or a request to send.
  server.closeIdleConnections = () => undefined;
  const reconfigure = (settings: ServerSettings): void => applyLimits(server, settings);
  reconfigure(options.settings);
  connections.attach(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else refuseRest(socket, errorOfParser(error.code), { connections, clock });
  });
  server.on('connect', (_req, socket: Socket) =>
    refuseRest(socket, 'forward_proxy', { connections, clock }),
  );
  const tls = certificate && encrypt(server, certificate, clock);
  listenOn(server, options, options.fd);
  await once(server, 'listening');
  const renew = (renewed: OwnCertificate | undefined): void => {
    if (renewed !== undefined) tls?.renew(renewed);
  };
  return { server, port: (server.address() as AddressInfo).port, reconfigure, renew };
}

function refuseUnencrypted(_req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('connection', 'close');
  sendError(res, { name: 'https_only' });
}

/** How often a closing server looks for connections that may end. */
const CLOSE_POLL_MS = 100;
/**
 * A client that has just got its answer often sends another request on the same connection. That request
 * would be reset, because the answer began before the server closed and could not announce that it was the
 * last.
 */
const LINGER_MS = 1_000;
/** A request may be on its way on a newly opened connection… */
const FIRST_BYTE_TIMEOUT_MS = 500;
/** …or half read. A closing Node server no longer enforces its header limit. */
const LAST_HEADERS_TIMEOUT_MS = 10_000;

/** Refuses new connections and ends idle ones; returns when the last one has ended. */
export async function closeGently(
  server: Server,
  connections: Connections,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (let forMs = 0; !signal.aborted; forMs += CLOSE_POLL_MS) {
    // A connection becomes idle when its answer ends, and would stay until its keep-alive limit.
    connections.endIdle(forMs, LINGER_MS);
    if (forMs >= FIRST_BYTE_TIMEOUT_MS) connections.endUnused();
    if (forMs >= LAST_HEADERS_TIMEOUT_MS) connections.endUnanswered();
    const done = await Promise.race([
      closed.then(() => true),
      pause(clock, CLOSE_POLL_MS, signal).then(() => false),
    ]);
    if (done) return;
  }
}

function applyLimits(server: Server, { timeouts, limits }: ServerSettings): void {
  server.headersTimeout = Math.min(timeouts.headersMs, timeouts.requestMs);
  server.requestTimeout = timeouts.requestMs;
  server.keepAliveTimeout = timeouts.keepAliveMs;
  // Node reads it for each new connection, though only the option is documented. Covered by a test.
  Object.assign(server, { maxHeaderSize: limits.headerBytes });
}

const REFUSED = new WeakSet<Socket>();

/**
 * Requests that Node's parser rejects never reach the application. Earlier requests on the connection may
 * still be unanswered: nothing is written into their answers.
 */
function refuseRest(
  socket: Socket,
  name: ErrorName,
  { connections, clock }: Pick<ListenOptions, 'connections' | 'clock'>,
): void {
  // The parser rejects each further chunk again.
  if (REFUSED.has(socket)) return;
  REFUSED.add(socket);
  socket.on('error', () => undefined);
  connections.inTurn(socket, (own) => {
    if (own === 'none') answerRaw(socket, name, clock);
    else socket.destroy();
  });
}

function answerRaw(socket: Socket, name: ErrorName, clock: Clock): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status } = errorKind(name);
  const body = errorBody(name, newRequestId());
  // A client that neither reads nor closes would keep the connection half open.
  clock.setTimer(() => socket.destroy(), LAST_READ_TIMEOUT_MS, { isBackground: true });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? name}\r\ncontent-type: application/json\r\n` +
      `connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function errorOfParser(code: string | undefined): ErrorName {
  if (code === 'HPE_HEADER_OVERFLOW') return 'header_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'bad_request';
}
