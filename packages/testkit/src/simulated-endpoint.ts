/**
 * An endpoint that speaks the Messages API without a model: for the demo and for tests of the whole system.
 * It answers after a set time, fails now and then, and can be killed and revived: while killed, its port
 * refuses connections and its active answers are cut, as when a real server dies.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ApiErrorType } from '@zephyr/contract/api-error-type';

import {
  type Answer,
  DEFAULT_MODEL,
  errorJson,
  estimateTokens,
  type MessagesRequest,
  messageEvents,
  messageJson,
  modelsJson,
  readMessagesRequest,
  renderEvent,
  requestId,
} from './messages-api.ts';

export interface SimulatedEndpointOptions {
  /** Part of each answer, so that people see which endpoint served them. */
  readonly name: string;
  /** Requests with another token get 401. */
  readonly token: string;
  /** From the request to the first event of the answer; varies by up to `jitterMs` upwards. */
  readonly firstEventMs: number;
  readonly jitterMs: number;
  /** Pause between two words of a streamed answer. */
  readonly wordMs: number;
  /** 0 to 1: the share of requests that fail, in one of several ways. */
  readonly failureRatio: number;
  /** Makes latencies and failures reproducible. */
  readonly seed: number;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface SimulatedEndpoint {
  readonly name: string;
  readonly url: string;
  isAlive(): boolean;
  kill(): Promise<void>;
  revive(): Promise<void>;
}

export async function startSimulatedEndpoint(
  options: SimulatedEndpointOptions,
): Promise<SimulatedEndpoint> {
  const rng = seededRng(options.seed);
  const host = options.host ?? '127.0.0.1';
  const listen = (port: number) =>
    listenOn({ host, port }, (req, res) => answer(req, res, options, rng));
  let server: Server | undefined = await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    name: options.name,
    url: `http://127.0.0.1:${port}`,
    isAlive: () => server !== undefined,
    kill: async () => {
      const dying = server;
      server = undefined;
      if (dying === undefined) return;
      const closed = once(dying, 'close');
      dying.close();
      dying.closeAllConnections();
      await closed;
    },
    revive: async () => {
      server ??= await listen(port);
    },
  };
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

async function listenOn(
  { host, port }: { readonly host: string; readonly port: number },
  handle: Handler,
): Promise<Server> {
  const server = createServer((req, res) => {
    // A client that disconnects while we read or write is normal.
    handle(req, res).catch(() => res.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  options: SimulatedEndpointOptions,
  rng: () => number,
): Promise<void> {
  const path = (req.url ?? '/').split('?')[0];
  if (path === '/') return sendJson(res, 200, { name: options.name });
  const body = await readText(req);
  if (!hasToken(req, options.token)) {
    return refuse(res, 401, 'authentication_error', 'invalid token');
  }
  const target = `${req.method} ${path}`;
  if (target === 'GET /v1/models') return sendJson(res, 200, modelsJson([DEFAULT_MODEL]));
  if (target === 'POST /v1/messages/count_tokens') {
    return sendJson(res, 200, { input_tokens: estimateTokens(body) });
  }
  if (target !== 'POST /v1/messages') return refuse(res, 404, 'not_found_error', 'not found');
  return answerMessage({ body, res, options, rng });
}

interface ReceivedMessage {
  readonly body: string;
  readonly res: ServerResponse;
  readonly options: SimulatedEndpointOptions;
  readonly rng: () => number;
}

async function answerMessage({ body, res, options, rng }: ReceivedMessage): Promise<void> {
  const fails = rng() < options.failureRatio;
  const firstEventMs = options.firstEventMs + rng() * options.jitterMs;
  const kindOfFailure = rng();
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  await sleep(firstEventMs, undefined, { signal: gone.signal });
  if (fails) return fail(res, kindOfFailure);
  const request = readMessagesRequest(body);
  const answer: Answer = {
    text: textFor(request, options.name),
    model: request.model,
    inputTokens: estimateTokens(body),
    outputTokens: estimateTokens(textFor(request, options.name)),
  };
  if (!request.stream) return sendJson(res, 200, messageJson(answer));
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': requestId(),
  });
  for (const event of messageEvents(answer)) {
    if (event.type === 'content_block_delta') {
      await sleep(options.wordMs, undefined, { signal: gone.signal });
    }
    res.write(renderEvent(event));
  }
  res.end();
}

/** CLI probes ask for one exact word; people see the endpoint's name. */
function textFor({ prompt, system }: MessagesRequest, name: string): string {
  const exact = /^Reply with exactly: (.+)$/m.exec(system)?.[1];
  if (exact !== undefined) return exact;
  const words = prompt.replace(/\s+/g, ' ').trim().slice(0, 60);
  return `Hello from ${name}, a simulated endpoint. You wrote: "${words}"`;
}

function fail(res: ServerResponse, kind: number): void {
  if (kind < 0.4) refuse(res, 529, 'overloaded_error', 'Overloaded');
  else if (kind < 0.8) refuse(res, 500, 'api_error', 'Internal server error');
  else res.destroy();
}

function hasToken(req: IncomingMessage, token: string): boolean {
  return req.headers.authorization === `Bearer ${token}` || req.headers['x-api-key'] === token;
}

function refuse(res: ServerResponse, status: number, type: ApiErrorType, message: string): void {
  sendJson(res, status, errorJson(type, message));
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json', 'request-id': requestId() });
  res.end(JSON.stringify(body));
}

/** Mulberry32: pseudo-random numbers from 0 to 1, reproducible by seed. */
function seededRng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
