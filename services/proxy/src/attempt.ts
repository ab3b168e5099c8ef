/**
 * One attempt at one endpoint, from the first byte sent to the moment when its answer may be given
 * to the client, or it has failed.
 *
 *     connecting --(connected)-->           sent
 *     sent       --(status and headers)-->  answered
 *     answered   --(content)-->             settled: committed
 *     answered   --(4xx of the client's)--> settled: passed
 *     any        --(error, timer, gate)-->  settled: failed
 *     any        --(abort)-->               aborted: says nothing any more
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { AttemptPhase, FailureClass } from '@zephyr/core';

import { type AnswerReceiver, AnswerStream } from './answer-stream.ts';
import { failureOfError, isSuccess, judgeStatus, mayBeRelayed } from './classify.ts';
import type { Deadline } from './deadline.ts';
import type { Endpoint } from './endpoints.ts';
import { ContentGate, type GateKind, type GateVerdict } from './gate.ts';
import type { RequestBody } from './request-body.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import type { Send, Sending, UpstreamRequest } from './sender.ts';

/** An answer whose start was held back, at the moment when it is decided. */
export interface HeldResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly held: readonly Buffer[];
  /** Goes on unless `ended`. */
  readonly stream: AnswerStream;
  readonly ended: boolean;
}

export type AttemptResult =
  | { readonly kind: 'committed'; readonly response: HeldResponse; readonly ttftMs: number }
  | { readonly kind: 'passed'; readonly response: HeldResponse }
  | FailedAttempt;

export interface FailedAttempt {
  readonly kind: 'failed';
  readonly failure: FailureClass;
  readonly phase: AttemptPhase;
  readonly staleConnection: boolean;
  readonly retryAfterMs?: number | undefined;
  /** The endpoint's own error answer, where the client may see it. */
  readonly response?: HeldResponse | undefined;
}

export interface AttemptTimes {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly gateMs: number;
}

export interface AttemptInput {
  readonly endpoint: Endpoint;
  readonly request: UpstreamRequest;
  readonly body: RequestBody;
  readonly gate: GateKind;
  readonly times: AttemptTimes;
  /** Of the exchange; not running, and used by nobody else until the attempt has settled. */
  readonly deadline: Deadline;
}

/** An error answer is small; what is larger is not read to the end. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** How long the body of an error answer may take; its status is known already. */
const REFUSAL_BODY_MS = 1_000;
/** Interim answers (1xx) of one request; a peer may send them for ever. */
const MAX_INTERIM_ANSWERS = 16;

export class Attempt implements AnswerReceiver {
  readonly #input: AttemptInput;
  readonly #onSettled: (result: AttemptResult) => void;
  readonly #startedAtMs = performance.now();
  readonly #held: Buffer[] = [];
  #sending: Sending | undefined;
  #response: IncomingMessage | undefined;
  #stream: AnswerStream | undefined;
  #gate: ContentGate | undefined;
  #heldBytes = 0;
  #phase: AttemptPhase = 'connecting';
  #reused = false;
  #settled = false;

  constructor(input: AttemptInput, onSettled: (result: AttemptResult) => void) {
    this.#input = input;
    this.#onSettled = onSettled;
  }

  get phase(): AttemptPhase {
    return this.#phase;
  }

  start(send: Send): void {
    const { endpoint, request } = this.#input;
    this.#sending = send(endpoint, request, {
      onRequest: (upstream) => this.#onRequest(upstream),
      onResponse: (response) => this.#onResponse(response),
      onError: (error) => this.#onError(error),
    });
  }

  /** Closes the upstream connection; nothing is reported any more. */
  abort(): void {
    this.#settled = true;
    this.#input.deadline.stop();
    this.#stream?.forget();
    this.#sending?.abort();
  }

  #onRequest(upstream: ClientRequest): void {
    upstream.once('upgrade', (_response, socket: Socket) => {
      socket.destroy();
      this.#fail('not_claude');
    });
    let interim = 0;
    upstream.on('information', () => {
      interim += 1;
      if (interim > MAX_INTERIM_ANSWERS) this.#fail('not_claude');
    });
    const socket = upstream.socket as (Socket & Partial<TLSSocket>) | null;
    this.#reused = upstream.reusedSocket;
    if (this.#reused || socket === null || !isConnecting(socket)) {
      this.#onConnected(upstream);
      return;
    }
    const { deadline, times } = this.#input;
    deadline.start(times.connectMs, () => this.#fail('connect_timeout'));
    socket.once(this.#input.endpoint.isTls ? 'secureConnect' : 'connect', () =>
      this.#onConnected(upstream),
    );
  }

  #onConnected(upstream: ClientRequest): void {
    if (this.#settled || this.#phase !== 'connecting') return;
    this.#phase = 'sent';
    const { body, deadline } = this.#input;
    if (body.isKept) {
      // The body is written first; arming the timer can wait for that.
      queueMicrotask(() => this.#waitForAnswer());
    } else {
      // While the client still uploads, it is not the endpoint's turn to speak.
      deadline.stop();
      upstream.once('finish', () => this.#waitForAnswer());
    }
    body.connected();
  }

  #waitForAnswer(): void {
    if (this.#settled || this.#phase !== 'sent') return;
    const { deadline, times } = this.#input;
    deadline.start(times.firstByteMs, () => this.#fail('first_byte_timeout'));
  }

  #onResponse(response: IncomingMessage): void {
    if (this.#settled) {
      response.resume();
      return;
    }
    this.#phase = 'answered';
    this.#response = response;
    this.#stream = new AnswerStream(response, this);
    const contentType = response.headers['content-type']?.toLowerCase() ?? '';
    if (isSuccess(response.statusCode ?? 0)) {
      const encoding = response.headers['content-encoding'] ?? 'identity';
      const encoded = encoding.toLowerCase() !== 'identity';
      this.#gate = new ContentGate({ kind: this.#input.gate, contentType, encoded });
    } else {
      this.#hold(REFUSAL_BODY_MS);
    }
  }

  onData(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#gate === undefined) {
      if (this.#heldBytes > MAX_REFUSAL_BYTES) this.#judgeRefusal('going_on');
      return;
    }
    const eventsBefore = this.#gate.events;
    this.#follow(this.#gate.push(chunk), 'going_on');
    if (this.#settled || eventsBefore > 0 || this.#gate.events === 0) return;
    this.#hold(this.#input.times.gateMs);
  }

  onEnd(): void {
    if (this.#gate === undefined) this.#judgeRefusal('ended');
    else this.#follow(this.#gate.end(), 'ended');
  }

  onClosed(): void {
    this.#fail('truncated');
  }

  /** From now on the answer's start is awaited no longer than this. */
  #hold(limitMs: number): void {
    this.#input.deadline.start(limitMs, () => this.#onHeldLongEnough());
  }

  #onHeldLongEnough(): void {
    if (this.#gate === undefined) this.#judgeRefusal('going_on');
    else this.#commit('going_on');
  }

  #onError(error: Error): void {
    this.#fail(this.#phase === 'answered' ? 'truncated' : failureOfError(error), error);
  }

  #follow(verdict: GateVerdict, state: 'going_on' | 'ended'): void {
    if (verdict.kind === 'commit') this.#commit(state);
    else if (verdict.kind === 'fail') this.#fail(verdict.failure);
  }

  #commit(state: 'going_on' | 'ended'): void {
    const response = this.#take(state);
    if (response === undefined) return;
    this.#onSettled({
      kind: 'committed',
      response,
      ttftMs: performance.now() - this.#startedAtMs,
    });
  }

  #judgeRefusal(state: 'going_on' | 'ended'): void {
    const status = this.#response?.statusCode ?? 0;
    const headers = this.#response?.headers ?? {};
    const refusal = {
      status,
      contentType: headers['content-type']?.toLowerCase() ?? '',
      bodyStart: Buffer.concat(this.#held).subarray(0, 4096).toString('latin1'),
    };
    const verdict = judgeStatus(refusal);
    const phase = this.#phase;
    const response = this.#take(state);
    if (response === undefined) return;
    if (verdict.kind !== 'failure') {
      this.#onSettled({ kind: 'passed', response });
      return;
    }
    this.#input.deadline.stop();
    response.stream.forget();
    if (state === 'going_on') this.#sending?.abort();
    this.#onSettled({
      kind: 'failed',
      failure: verdict.failure,
      phase,
      staleConnection: false,
      retryAfterMs: parseRetryAfterMs(headers['retry-after'], Date.now()),
      response: state === 'ended' && mayBeRelayed(refusal) ? response : undefined,
    });
  }

  /** Settles with an answer: its stream and the deadline are the caller's from here on. */
  #take(state: 'going_on' | 'ended'): HeldResponse | undefined {
    const response = this.#response;
    const stream = this.#stream;
    if (this.#settled || response === undefined || stream === undefined) return undefined;
    this.#settled = true;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      held: this.#held,
      stream,
      ended: state === 'ended',
    };
  }

  #fail(failure: FailureClass, error?: Error): void {
    if (this.#settled) return;
    const phase = this.#phase;
    this.abort();
    const staleConnection = this.#reused && phase === 'sent' && isReset(error);
    this.#onSettled({ kind: 'failed', failure, phase, staleConnection });
  }
}

function isConnecting(socket: Socket & Partial<TLSSocket>): boolean {
  // `secureConnecting` is true until the handshake is done; Node's types do not know it.
  return socket.connecting || ('secureConnecting' in socket && socket.secureConnecting === true);
}

function isReset(error: Error | undefined): boolean {
  const code = error !== undefined && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
