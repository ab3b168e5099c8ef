/**
 * One HTTP request over its own connection, observed: how far it got, when the first and last byte of the
 * answer arrived, what failed. A new connection each time shows failures on the way (name, connection, TLS);
 * latencies start once the connection is established, because live requests use existing connections.
 */

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import { KIB } from '@zephyr/contract/units';
import { type AnswerEnd, MAX_INTERIM_ANSWERS, StreamEnd, TRAILING_QUIET_MS } from '@zephyr/core';
import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { createAgent, type EndpointConnection } from '@zephyr/runtime/connection/endpoint-agent';
import { TunnelError } from '@zephyr/runtime/connection/tunnel';
import { isAddress, withoutBrackets } from '@zephyr/runtime/host';

import { decodeBody } from './decode-body.ts';
import { errorCodeOf } from './error-code.ts';

/** How far a request got: the step in which it ended. */
export type RequestStep =
  /** The outbound proxy is connecting to the endpoint. */
  | 'tunnelling'
  | 'resolving'
  | 'connecting'
  | 'securing'
  | 'waiting'
  | 'answering'
  /** The whole answer has arrived, or its last event. */
  | 'answered';

/** The observations of one request, on which a verdict is based. */
export interface ObservedRequest {
  readonly reached: RequestStep;
  /**
   * Why it did not reach `answered`: a Node error code, `CUT` if we ended it, or `TOO_LONG` if the answer
   * exceeded its limit.
   */
  readonly errorCode?: string | undefined;
  /** What the outbound proxy did, if that is the reason. */
  readonly tunnelError?: string | undefined;
  readonly status?: number | undefined;
  readonly contentType?: string | undefined;
  /** From sending the request to the first byte of the answer's body. */
  readonly firstByteMs?: number | undefined;
  /** From sending the request to the last byte so far. */
  readonly latencyMs?: number | undefined;
  /** How long nothing had arrived by the end. */
  readonly silentMs: number;
  /** The answer, decoded, at most `BUFFERED_BODY_BYTES` before decoding. */
  readonly body: string;
}

export interface RequestToSend {
  readonly method: string;
  readonly url: URL;
  /** Alternating names and values, with `Host` and, for a body, `Content-Length`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Absent: a direct connection, with the default certificate authorities. */
  readonly connection?: EndpointConnection | undefined;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}

/** Receives the answer as it arrives. */
export interface AnswerListener {
  readonly head?: (response: http.IncomingMessage) => void;
  /** Returns false for backpressure: nothing is read until it calls `resume`. */
  readonly data?: (chunk: Buffer, resume: () => void) => boolean;
}

export interface WatchedRequest {
  /** Resolves when the request has ended in any way; never rejects. */
  readonly ended: Promise<ObservedRequest>;
  /** Ends it now by destroying its connection. */
  cut(): void;
}

/** The answer to a probe is about 1 KiB. */
const BUFFERED_BODY_BYTES = 64 * KIB;
/** Limit of the body on the wire, whatever its content: a server that sends more is not the Messages API. */
export const MAX_ANSWER_BYTES = 256 * KIB;
/** Status line and headers together, and trailers; the API's are about 2 KiB. */
const MAX_HEAD_BYTES = 16 * KIB;

/** Until a tunnel through an outbound proxy is open. */
export const TUNNEL_TIMEOUT_MS = 10_000;

interface WatchProgress {
  readonly clock: Clock;
  reached: RequestStep;
  sentAtMs?: number;
  firstByteAtMs?: number;
  lastSignAtMs: number;
  response?: http.IncomingMessage;
  readonly chunks: Buffer[];
  bufferedBytes: number;
  receivedBytes: number;
  interimAnswers: number;
  tunnelError?: string;
  /** Once seen, the answer is complete, however the connection ends. */
  readonly lastEvent: AnswerEnd;
}

export function startRequest(
  request: RequestToSend,
  listener: AnswerListener = {},
): WatchedRequest {
  const progress = newProgress(request);
  const { clock } = progress;
  const { promise, resolve } = Promise.withResolvers<ObservedRequest>();
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
    ...{ hostname: withoutBrackets(request.url.hostname), port: request.url.port },
    path: `${request.url.pathname}${request.url.search}`,
    headers: request.headers,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  client.on('socket', (socket) => watchConnection(socket, progress));
  client.on('information', () => {
    progress.interimAnswers += 1;
    if (progress.interimAnswers > MAX_INTERIM_ANSWERS) cut('TOO_LONG');
  });
  client.on('response', (response) => {
    progress.response = response;
    progress.reached = 'answering';
    progress.lastSignAtMs = clock.nowMs();
    listener.head?.(response);
    response.on('data', (chunk: Buffer) => {
      // An endpoint that never closes delays the CLI no longer than the proxy lets it delay a client.
      if (keep(progress, chunk) === 'last_event')
        clock.setTimer(cut, TRAILING_QUIET_MS, { isBackground: true });
      if (progress.receivedBytes > MAX_ANSWER_BYTES) return cut('TOO_LONG');
      if (listener.data?.(chunk, () => response.resume()) === false) response.pause();
    });
    response.on('end', () => {
      progress.reached = 'answered';
      if (progress.lastEvent.ending === undefined) progress.lastSignAtMs = clock.nowMs();
      end();
    });
    response.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'ECONNRESET'));
    response.on('close', () => end('ECONNRESET'));
  });
  client.on('error', fail);
  // Without an earlier error: the answer was an upgrade that was not requested.
  client.on('close', () => end('ECONNRESET'));
  client.end(request.body);

  return { ended: promise, cut: () => cut('CUT') };
}

function newProgress({ connection, clock = systemClock }: RequestToSend): WatchProgress {
  return {
    clock,
    reached: connection?.proxy === undefined ? 'resolving' : 'tunnelling',
    lastSignAtMs: clock.nowMs(),
    chunks: [],
    bufferedBytes: 0,
    receivedBytes: 0,
    interimAnswers: 0,
    lastEvent: new StreamEnd(),
  };
}

function agentOf({ connection, clock }: RequestToSend): http.Agent | false {
  if (connection === undefined) return false;
  return createAgent(connection, { keepAlive: false, tunnelTimeoutMs: TUNNEL_TIMEOUT_MS, clock });
}

function watchConnection(socket: Socket, progress: WatchProgress): void {
  const isTls = socket instanceof TLSSocket;
  const step = (reached: RequestStep): void => {
    progress.reached = reached;
    progress.lastSignAtMs = progress.clock.nowMs();
  };
  const sent = (): void => {
    step('waiting');
    progress.sentAtMs = progress.lastSignAtMs;
  };
  if (!socket.connecting) {
    // Through a tunnel, which is already open.
    if (!isTls) return void sent();
    step('securing');
    socket.once('secureConnect', sent);
    return;
  }
  socket.once('lookup', (error) => {
    if (!error) step('connecting');
  });
  // An address needs no lookup, so there is no event for it.
  if (isAddress(hostOf(socket))) step('connecting');
  socket.once('connect', () => (isTls ? step('securing') : sent()));
  socket.once('secureConnect', sent);
}

/** The host that a socket is connecting to; Node has no public API for it. */
function hostOf(socket: Socket): string {
  return 'host' in socket && typeof socket.host === 'string' ? socket.host : '';
}

/** @returns `last_event` for the chunk that completes the answer. */
function keep(progress: WatchProgress, chunk: Buffer): 'last_event' | 'more' {
  const isOpenBefore = progress.lastEvent.ending === undefined;
  progress.lastEvent.push(chunk.toString('latin1'));
  if (isOpenBefore) progress.lastSignAtMs = progress.clock.nowMs();
  progress.firstByteAtMs ??= progress.lastSignAtMs;
  progress.receivedBytes += chunk.length;
  const room = BUFFERED_BODY_BYTES - progress.bufferedBytes;
  if (room > 0) {
    progress.chunks.push(chunk.subarray(0, room));
    progress.bufferedBytes += Math.min(chunk.length, room);
  }
  return isOpenBefore && progress.lastEvent.ending !== undefined ? 'last_event' : 'more';
}

function factsOf(progress: WatchProgress, errorCode: string | undefined): ObservedRequest {
  const { sentAtMs, firstByteAtMs, lastSignAtMs, response } = progress;
  return {
    reached: progress.lastEvent.ending === undefined ? progress.reached : 'answered',
    errorCode,
    tunnelError: progress.tunnelError,
    status: response?.statusCode,
    contentType: response?.headers['content-type'],
    firstByteMs:
      sentAtMs === undefined || firstByteAtMs === undefined ? undefined : firstByteAtMs - sentAtMs,
    latencyMs:
      sentAtMs === undefined || response === undefined ? undefined : lastSignAtMs - sentAtMs,
    silentMs: progress.clock.nowMs() - lastSignAtMs,
    body: decodeBody(Buffer.concat(progress.chunks), response?.headers['content-encoding']),
  };
}
