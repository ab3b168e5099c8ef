/**
 * One request to one endpoint, carried by http-proxy-middleware behind a small interface.
 *
 * The library wants to own the client's request and response and can send only once. So each
 * attempt gives it a request and a response of its own, which only look like Node's: its router
 * chooses target, sockets and body by them, and `selfHandleResponse` leaves the answer to us.
 * Destroying the attempt's response makes the library destroy the upstream request, but only once it
 * has been made: the library awaits before that, so an attempt may be aborted while nothing is there
 * to destroy.
 *
 * This relies on what http-proxy-middleware 4.2.2 and its engine httpxy 0.5.6 touch on both objects:
 * the versions are pinned exactly and sender.integration.test.ts holds the contract.
 */
import { EventEmitter } from 'node:events';
import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import type { Stream } from 'node:stream';

import { createProxyMiddleware, type Options, type Plugin } from 'http-proxy-middleware';
import type { BodySource, Framing } from '../exchange/request-body.ts';
import type { Endpoint } from './endpoints.ts';
import { addFraming, FramedSink } from './framing.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** With the endpoint's base path. */
  readonly pathAndQuery: string;
  /** Of this request alone: its framing is added to them. */
  readonly headers: OutgoingHttpHeaders;
  readonly framing: Framing;
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
  upstream: ClientRequest | undefined;

  constructor(endpoint: Endpoint, request: UpstreamRequest, handlers: SendHandlers) {
    super();
    this.method = request.method;
    this.url = request.pathAndQuery;
    this.headers = request.headers;
    addFraming(this.headers, request.framing);
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
    router: routeAttempt,
    selfHandleResponse: true,
    // Its own plugins log, and answer errors by themselves.
    ejectPlugins: true,
    plugins: [reportToAttempts],
  });
  return (endpoint, request, handlers) => {
    const req = new AttemptRequest(endpoint, request, handlers);
    const res = new AttemptResponse();
    void middleware(
      req as unknown as IncomingMessage,
      res as unknown as ServerResponse,
      (error) => {
        // What it could not even begin to send.
        if (error !== undefined && !res.destroyed) handlers.onError(asError(error));
      },
    );
    return { abort: () => void res.destroy() };
  };
}

/** The options are a copy for this request. */
function routeAttempt(req: unknown, res: unknown, options: Options): Endpoint['target'] {
  const { endpoint, request } = attemptOf(req);
  if (isAborted(res)) throw new Error('aborted before it was sent');
  options.agent = request.freshConnection ? endpoint.freshAgent : endpoint.agent;
  const body = {
    pipe: (upstream: ClientRequest): void => {
      if (isAborted(res)) return;
      request.body.pipe(new FramedSink(upstream, request.framing));
    },
  };
  options.buffer = body as unknown as Stream;
  return endpoint.target;
}

const reportToAttempts: Plugin = (proxy) => {
  proxy.on('proxyReq', (upstream, req, res) => {
    if (isAborted(res)) {
      upstream.destroy();
      return;
    }
    const attempt = attemptOf(req);
    attempt.upstream = upstream;
    attempt.handlers.onRequest(upstream);
  });
  proxy.on('proxyRes', (response, req) => {
    const { upstream, handlers } = attemptOf(req);
    // What is still to be written must not be taken for the next request on this connection.
    if (upstream?.writableFinished !== true) closeAfterwards(upstream);
    handlers.onResponse(response);
  });
  proxy.on('error', (error, req) => {
    if (req !== undefined) attemptOf(req).handlers.onError(error);
  });
  proxy.on('econnreset', (error, req) => attemptOf(req).handlers.onError(error));
};

function closeAfterwards(upstream: ClientRequest | undefined): void {
  if (upstream !== undefined) upstream.shouldKeepAlive = false;
}

function isAborted(res: unknown): boolean {
  return res instanceof AttemptResponse && res.destroyed;
}

function attemptOf(req: unknown): AttemptRequest {
  if (!(req instanceof AttemptRequest)) throw new Error('not a request of an attempt');
  return req;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
