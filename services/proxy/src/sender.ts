/**
 * One request to one endpoint, carried by http-proxy-middleware behind a small interface.
 *
 * The library wants to own the client's request and response and can send only once. So each
 * attempt gives it a request and a response of its own, which only look like Node's: `router` sets
 * where this attempt goes, `selfHandleResponse` leaves the answer to us, and our plugin hears what
 * happens. Destroying the attempt's response makes the library destroy the upstream request.
 *
 * This relies on what httpxy 0.5.6 touches on both objects: the versions are pinned exactly and
 * sender.integration.test.ts holds the contract.
 */
import { EventEmitter } from 'node:events';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';

import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';

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
  readonly endpoint: Endpoint;
  readonly request: UpstreamRequest;
  readonly handlers: SendHandlers;

  constructor(endpoint: Endpoint, request: UpstreamRequest, handlers: SendHandlers) {
    super();
    this.method = request.method;
    this.url = request.pathAndQuery;
    this.headers = request.headers;
    this.endpoint = endpoint;
    this.request = request;
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
  const middleware = createProxyMiddleware({
    selfHandleResponse: true,
    // Without its own plugins: they would answer errors with texts that name host and path.
    ejectPlugins: true,
    plugins: [reportToAttempt],
    router: (req, _res, options) => {
      const { endpoint, request } = attemptOf(req);
      Object.assign(options, {
        agent: request.freshConnection ? endpoint.freshAgent : endpoint.agent,
        buffer: request.body,
      });
      return endpoint.target;
    },
  });
  return (endpoint, request, handlers) => {
    const req = new AttemptRequest(endpoint, request, handlers);
    const res = new AttemptResponse();
    void middleware(
      req as unknown as IncomingMessage,
      res as unknown as ServerResponse,
      (error?: unknown) => handlers.onError(asError(error)),
    );
    return { abort: () => void res.destroy() };
  };
}

const reportToAttempt: Plugin = (proxy) => {
  proxy.on('proxyReq', (upstream, req) => attemptOf(req).handlers.onRequest(upstream));
  proxy.on('proxyRes', (response, req) => attemptOf(req).handlers.onResponse(response));
  proxy.on('error', (error, req) => {
    if (req !== undefined) attemptOf(req).handlers.onError(error);
  });
  proxy.on('econnreset', (error, req) => attemptOf(req).handlers.onError(error));
};

function attemptOf(req: unknown): AttemptRequest {
  if (!(req instanceof AttemptRequest)) throw new Error('not a request of an attempt');
  return req;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
