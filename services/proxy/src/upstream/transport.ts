/**
 * One request to one endpoint, carried by http-proxy-middleware behind a small interface.
 *
 * The library wants to own the client's request and response and can send only once. So each attempt passes
 * it an `UpstreamCall` in place of both: it has the members that the library reads of a request and of a
 * response, and only looks like Node's. The library's router chooses target, sockets and body by it, and
 * `selfHandleResponse` leaves the answer to us. Destroying the call makes the library destroy the upstream
 * request, but only once that exists: the library awaits before creating it, so an attempt may be aborted
 * while there is nothing to destroy.
 *
 * This relies on what http-proxy-middleware 4.2.2 and its engine httpxy 0.5.6 access on both objects: the
 * versions are pinned exactly, and transport.integration.test.ts verifies the contract.
 */
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Stream } from 'node:stream';

import { createProxyMiddleware, type Options, type Plugin } from 'http-proxy-middleware';
import type { BodySource, Framing } from './body-source.ts';
import type { UpstreamEndpoint } from './endpoints.ts';
import { addFraming, FramedSink } from './framing.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Includes the endpoint's base path. */
  readonly pathAndQuery: string;
  /** Owned by this request: its framing is added to them. */
  readonly headers: OutgoingHttpHeaders;
  readonly framing: Framing;
  readonly body: BodySource;
  /** Whether to avoid kept-alive connections. */
  readonly isOnFreshConnection: boolean;
}

export interface SendHandlers {
  /** A socket is assigned, perhaps not connected yet. */
  onRequest(upstream: ClientRequest): void;
  onResponse(response: IncomingMessage): void;
  /** Before or after the answer; may be called more than once. */
  onError(error: Error): void;
}

export interface Sending {
  /** Closes the upstream connection unless the answer is complete. */
  abort(): void;
}

export type Transport = (
  endpoint: UpstreamEndpoint,
  request: UpstreamRequest,
  handlers: SendHandlers,
) => Sending;

/**
 * Used by the library as the client's request, response and body. Not an EventEmitter: of the listeners that
 * the library adds, only those for `close` are ever called.
 */
class UpstreamCall implements Sending {
  readonly endpoint: UpstreamEndpoint;
  readonly request: UpstreamRequest;
  readonly handlers: SendHandlers;
  upstream: ClientRequest | undefined;
  readonly #onClose: (() => void)[] = [];

  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  /** Empty until the router has chosen: the library's path filter would parse it as a URL. */
  url = '';

  readonly headersSent = false;
  readonly writableFinished = false;
  /** Makes the library leave the answer's stream alone: it would add four listeners to it. */
  finished = false;
  destroyed = false;

  constructor(endpoint: UpstreamEndpoint, request: UpstreamRequest, handlers: SendHandlers) {
    this.endpoint = endpoint;
    this.request = request;
    this.handlers = handlers;
    this.method = request.method;
    this.headers = request.headers;
    addFraming(this.headers, request.framing);
  }

  on(event: string, listener: () => void): this {
    if (event === 'close') this.#onClose.push(listener);
    return this;
  }

  /** In its role as the body: the library calls this to write it into the request. */
  pipe(upstream: ClientRequest): void {
    if (this.destroyed) return;
    const { body, framing } = this.request;
    body.pipe(new FramedSink(upstream, framing));
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    for (const listener of this.#onClose) listener();
    return this;
  }

  abort(): void {
    this.destroy();
  }
}

export function createTransport(): Transport {
  const middleware = createProxyMiddleware({
    pathFilter: () => true,
    router: routeCall,
    selfHandleResponse: true,
    // The library's own plugins log, and answer errors themselves.
    ejectPlugins: true,
    plugins: [reportToCalls],
  });
  return (endpoint, request, handlers) => {
    const call = new UpstreamCall(endpoint, request, handlers);
    void middleware(
      call as unknown as IncomingMessage,
      call as unknown as ServerResponse,
      (error) => {
        // Errors before the library could even begin to send.
        if (error !== undefined && !call.destroyed) handlers.onError(asError(error));
      },
    );
    return call;
  };
}

/** The socket if it is still connecting, including TLS. */
export function connectingSocketOf({ reusedSocket, socket }: ClientRequest): Socket | undefined {
  if (reusedSocket || socket === null) return undefined;
  // `secureConnecting` is true until the handshake is done; missing from Node's types.
  const isInHandshake = 'secureConnecting' in socket && socket.secureConnecting === true;
  return socket.connecting || isInHandshake ? socket : undefined;
}

/** The options are a copy for this request. */
function routeCall(req: unknown, _res: unknown, options: Options): UpstreamEndpoint['target'] {
  const call = callOf(req);
  if (call.destroyed) throw new Error('aborted before it was sent');
  const { endpoint, request } = call;
  call.url = request.pathAndQuery;
  options.agent = request.isOnFreshConnection ? endpoint.freshAgent : endpoint.agent;
  options.buffer = call as unknown as Stream;
  return endpoint.target;
}

const reportToCalls: Plugin = (proxy) => {
  proxy.on('proxyReq', (upstream, req) => {
    const call = callOf(req);
    if (call.destroyed) {
      upstream.destroy();
      return;
    }
    call.upstream = upstream;
    call.handlers.onRequest(upstream);
  });
  proxy.on('proxyRes', (response, req) => {
    const call = callOf(req);
    // Bytes still to be written must not be read as the next request on this connection.
    if (call.upstream !== undefined && !call.upstream.writableFinished) {
      call.upstream.shouldKeepAlive = false;
    }
    call.finished = true;
    call.handlers.onResponse(response);
  });
  proxy.on('error', (error, req) => {
    if (req !== undefined) callOf(req).handlers.onError(error);
  });
  proxy.on('econnreset', (error, req) => callOf(req).handlers.onError(error));
};

function callOf(req: unknown): UpstreamCall {
  if (!(req instanceof UpstreamCall)) throw new Error('not one of our calls');
  return req;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
