/**
 * One HTTP request over a connection of its own, watched: how far it came, when the first and the
 * last byte of the answer arrived, what broke. A new connection each time shows what fails on the
 * way (name, connection, TLS); the latencies start when the connection is established, because live
 * requests go over connections that stand already.
 */

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type AnswerEnd, MAX_INTERIM_ANSWERS, REST_QUIET_MS, StreamEnd } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import {
  createAgent,
  type EndpointConnection,
} from '@zephyr/runtime/connection/endpoint-connection';
import { TunnelError } from '@zephyr/runtime/connection/tunnel';

import { decodeBody } from './decode-body.ts';
import { errorCodeOf } from './error-code.ts';

/** How far an exchange came: the step that it was in when it ended. */
export type ExchangeStep =
  /** The outbound proxy is to connect to it. */
  | 'tunnelling'
  | 'resolving'
  | 'connecting'
  | 'securing'
  | 'waiting'
  | 'answering'
  /** The whole answer is here, or its last event. */
  | 'answered';

/** What was seen of one request; the facts that a verdict is made of. */
export interface ProbeExchange {
  readonly reached: ExchangeStep;
  /**
   * Why it did not come to `answered`: a code of Node, `CUT` when we ended it, or `TOO_LONG` when
   * the answer passed its limit.
   */
  readonly errorCode?: string | undefined;
  /** What the outbound proxy did, where it is the reason. */
  readonly tunnelError?: string | undefined;
  readonly status?: number | undefined;
  readonly contentType?: string | undefined;
  /** From the request's way out to the first byte of the answer's body. */
  readonly ttftMs?: number | undefined;
  /** From the request's way out to the last byte so far. */
  readonly latencyMs?: number | undefined;
  /** How long nothing had arrived when it ended. */
  readonly silentMs: number;
  /** The answer, decoded, at most `BUFFERED_BODY_BYTES` before decoding. */
  readonly body: string;
}

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  /** Names and values in turn, with `Host` and, for a body, `Content-Length`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Absent: directly, with the usual authorities. */
  readonly connection?: EndpointConnection | undefined;
}

/** Receives the answer as it arrives. */
export interface ExchangeListener {
  readonly head?: (response: http.IncomingMessage) => void;
  /** Returns false where it can take no more: nothing is read until it calls `resume`. */
  readonly data?: (chunk: Buffer, resume: () => void) => boolean;
}

export interface RunningExchange {
  /** Resolves when it has ended, however; never rejects. */
  readonly ended: Promise<ProbeExchange>;
  /** Ends it now: its connection is destroyed. */
  cut(): void;
}

/** The answer to a probe has about 1 KiB. */
const BUFFERED_BODY_BYTES = 64 * 1024;
/** Of the body as it comes over the wire, whatever is in it: who sends more is no Messages API. */
export const ANSWER_LIMIT_BYTES = 256 * 1024;
/** Status line and headers together, trailers too; the API's have about 2 KiB. */
const HEAD_LIMIT_BYTES = 16 * 1024;

/** Until a tunnel through an outbound proxy is open. */
export const TUNNEL_MS = 10_000;

interface ExchangeProgress {
  reached: ExchangeStep;
  sentAtMs?: number;
  firstByteAtMs?: number;
  lastSignAtMs: number;
  response?: http.IncomingMessage;
  readonly chunks: Buffer[];
  bufferedBytes: number;
  receivedBytes: number;
  interimAnswers: number;
  tunnelError?: string;
  /** From it on the answer is whole, however the connection ends. */
  readonly lastEvent: AnswerEnd;
}

export function startExchange(
  request: ExchangeRequest,
  listener: ExchangeListener = {},
): RunningExchange {
  const progress = newProgress(request);
  const { promise, resolve } = Promise.withResolvers<ProbeExchange>();
  const end = (errorCode?: string): void => resolve(factsOf(progress, errorCode));
  const fail = (error: NodeJS.ErrnoException): void => {
    if (error instanceof TunnelError) progress.tunnelError = error.message;
    end(errorCodeOf(error));
  };

  const cut = (errorCode?: 'CUT' | 'TOO_LONG'): void => {
    end(errorCode);
    client.destroy();
  };

  const client = (request.url.protocol === 'https:' ? https : http).request({
    ...{ method: request.method, protocol: request.url.protocol, agent: agentOf(request) },
    ...{ hostname: request.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: request.url.port },
    path: `${request.url.pathname}${request.url.search}`,
    headers: request.headers,
    maxHeaderSize: HEAD_LIMIT_BYTES,
  });
  client.on('socket', (socket) => watchConnection(socket, progress));
  client.on('information', () => {
    progress.interimAnswers += 1;
    if (progress.interimAnswers > MAX_INTERIM_ANSWERS) cut('TOO_LONG');
  });
  client.on('response', (response) => {
    progress.response = response;
    progress.reached = 'answering';
    progress.lastSignAtMs = systemClock.nowMs();
    listener.head?.(response);
    response.on('data', (chunk: Buffer) => {
      // An endpoint that never closes holds the CLI no longer than the proxy lets it hold a client.
      if (keep(progress, chunk) === 'last_event') setTimeout(cut, REST_QUIET_MS).unref();
      if (progress.receivedBytes > ANSWER_LIMIT_BYTES) return cut('TOO_LONG');
      if (listener.data?.(chunk, () => response.resume()) === false) response.pause();
    });
    response.on('end', () => {
      progress.reached = 'answered';
      if (progress.lastEvent.ending === undefined) progress.lastSignAtMs = systemClock.nowMs();
      end();
    });
    response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'ECONNRESET'));
    response.on('close', () => end('ECONNRESET'));
  });
  client.on('error', fail);
  // Without an error before it: the answer was an upgrade, which nobody asked for.
  client.on('close', () => end('ECONNRESET'));
  client.end(request.body);

  return { ended: promise, cut: () => cut('CUT') };
}

function newProgress({ connection }: ExchangeRequest): ExchangeProgress {
  return {
    reached: connection?.proxy === undefined ? 'resolving' : 'tunnelling',
    lastSignAtMs: systemClock.nowMs(),
    chunks: [],
    bufferedBytes: 0,
    receivedBytes: 0,
    interimAnswers: 0,
    lastEvent: new StreamEnd(),
  };
}

function agentOf({ connection }: ExchangeRequest): http.Agent | false {
  if (connection === undefined) return false;
  return createAgent(connection, { keepAlive: false, tunnelMs: TUNNEL_MS });
}

function watchConnection(socket: Socket, progress: ExchangeProgress): void {
  const isTls = socket instanceof TLSSocket;
  const step = (reached: ExchangeStep): void => {
    progress.reached = reached;
    progress.lastSignAtMs = systemClock.nowMs();
  };
  const sent = (): void => {
    step('waiting');
    progress.sentAtMs = progress.lastSignAtMs;
  };
  if (!socket.connecting) {
    // Through a tunnel, which is open already.
    if (!isTls) return void sent();
    step('securing');
    socket.once('secureConnect', sent);
    return;
  }
  socket.once('lookup', (error) => {
    if (!error) step('connecting');
  });
  // An address needs no lookup, so there is no event for it.
  if (/^[\d.]+$|:/.test(hostOf(socket))) step('connecting');
  socket.once('connect', () => (isTls ? step('securing') : sent()));
  socket.once('secureConnect', sent);
}

/** The host that a connecting socket is to reach; Node has no public name for it. */
function hostOf(socket: Socket): string {
  return 'host' in socket && typeof socket.host === 'string' ? socket.host : '';
}

/** @returns `last_event` for the chunk that makes the answer whole. */
function keep(progress: ExchangeProgress, chunk: Buffer): 'last_event' | 'more' {
  const wasOpen = progress.lastEvent.ending === undefined;
  progress.lastEvent.push(chunk.toString('latin1'));
  if (wasOpen) progress.lastSignAtMs = systemClock.nowMs();
  progress.firstByteAtMs ??= progress.lastSignAtMs;
  progress.receivedBytes += chunk.length;
  const room = BUFFERED_BODY_BYTES - progress.bufferedBytes;
  if (room > 0) {
    progress.chunks.push(chunk.subarray(0, room));
    progress.bufferedBytes += Math.min(chunk.length, room);
  }
  return wasOpen && progress.lastEvent.ending !== undefined ? 'last_event' : 'more';
}

function factsOf(progress: ExchangeProgress, errorCode: string | undefined): ProbeExchange {
  const { sentAtMs, firstByteAtMs, lastSignAtMs, response } = progress;
  return {
    reached: progress.lastEvent.ending === undefined ? progress.reached : 'answered',
    errorCode,
    tunnelError: progress.tunnelError,
    status: response?.statusCode,
    contentType: response?.headers['content-type'],
    ttftMs:
      sentAtMs === undefined || firstByteAtMs === undefined ? undefined : firstByteAtMs - sentAtMs,
    latencyMs:
      sentAtMs === undefined || response === undefined ? undefined : lastSignAtMs - sentAtMs,
    silentMs: systemClock.nowMs() - lastSignAtMs,
    body: decodeBody(Buffer.concat(progress.chunks), response?.headers['content-encoding']),
  };
}
