/**
 * One request to one endpoint, carried by httpxy behind a small interface. httpxy is the engine of
 * http-proxy-middleware, without its layer of routers, path filters and plugins: we would turn all of
 * that off, and it costs a tenth of the CPU of a small request (`make bench`, "plain").
 *
 * The library wants to own the client's request and response and can send only once. So each
 * attempt gives it a request and a response of its own, which only look like Node's;
 * `selfHandleResponse` leaves the answer to us. Destroying the attempt's response makes the library
 * destroy the upstream request.
 *
 * This relies on what httpxy 0.5.6 touches on both objects: the version is pinned exactly and
 * sender.integration.test.ts holds the contract.
 */
import { EventEmitter } from 'node:events';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import type { Stream } from 'node:stream';

import { createProxyServer, type ProxyServer } from 'httpxy';

import type { Endpoint } from './endpoints.ts';
import type { BodySource } from './request-body.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** With the endpoint's base path. */
  readonly pathAndQuery: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: BodySource;
  /** Does not use a kept-alive connection. */
  readonly freshConnection: boolean;
}

export interface SendHandlers {
  /** There is a socket, perhaps not connected yet. */
  onRequest(upstream: ClientRequest): void;
  onResponse(response: IncomingMessage): void;
  /** Before or after the response; may come more than once. */
  onError(error: Error): void;
}

export interface Sending {
  /** Closes the upstream connection unless the answer is complete. */
  abort(): void;
}

/** What the library reads of a request. */
class AttemptRequest extends EventEmitter {
  readonly method: string;
  url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly handlers: SendHandlers;

  constructor(request: UpstreamRequest, handlers: SendHandlers) {
    super();
    this.method = request.method;
    this.url = request.pathAndQuery;
    this.headers = request.headers;
    this.handlers = handlers;
  }
}

/** What the library reads of a response that it must not write. */
class AttemptResponse extends EventEmitter {
  readonly headersSent = false;
  readonly finished = false;
  readonly writableFinished = false;
  destroyed = false;

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.emit('close');
    return this;
  }
}

export type Send = (
  endpoint: Endpoint,
  request: UpstreamRequest,
  handlers: SendHandlers,
) => Sending;

export function createSender(): Send {
  const proxy = createProxyServer();
  reportToAttempts(proxy);
  return (endpoint, request, handlers) => {
    const req = new AttemptRequest(request, handlers);
    const res = new AttemptResponse();
    const sent = proxy.web(req as unknown as IncomingMessage, res as unknown as ServerResponse, {
      target: endpoint.target,
      agent: request.freshConnection ? endpoint.freshAgent : endpoint.agent,
      buffer: request.body as unknown as Stream,
      selfHandleResponse: true,
    });
    sent.catch((error: unknown) => handlers.onError(asError(error)));
    return { abort: () => void res.destroy() };
  };
}

function reportToAttempts(proxy: ProxyServer): void {
  proxy.on('proxyReq', (upstream, req) => attemptOf(req).handlers.onRequest(upstream));
  proxy.on('proxyRes', (response, req) => attemptOf(req).handlers.onResponse(response));
  proxy.on('error', (error, req) => {
    if (req !== undefined) attemptOf(req).handlers.onError(error);
  });
  proxy.on('econnreset', (error, req) => attemptOf(req).handlers.onError(error));
}

function attemptOf(req: unknown): AttemptRequest {
  if (!(req instanceof AttemptRequest)) throw new Error('not a request of an attempt');
  return req;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
