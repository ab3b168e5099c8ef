/**
 * One attempt at one endpoint, from the first byte sent to the moment when its answer may be given
 * to the client, or it has failed.
 *
 *     connecting --(connected)-->           sent
 *     sent       --(status and headers)-->  answered
 *     answered   --(content; without a gate at once)-->  settled: committed
 *     answered   --(an error of the client's own)-->     settled: passed
 *     any        --(error, timer, gate)-->  settled: failed
 *     any        --(abort)-->               aborted: says nothing any more
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { FailureClass } from '@zephyr/contract/failure';
import {
  type AnswerForm,
  type AttemptPhase,
  isSuccess,
  judgeRefusal,
  MAX_INTERIM_ANSWERS,
  namedWaitMs,
  type StartVerdict,
} from '@zephyr/core';
import { tokenIn } from '@zephyr/runtime/credential';

import { type AnswerReceiver, AnswerStream } from '../answer/answer-stream.ts';
import { withoutToken } from '../answer/without-token.ts';
import type { Deadline } from '../upstream/deadline.ts';
import type { Endpoint } from '../upstream/endpoints.ts';
import type { Send, Sending, UpstreamRequest } from '../upstream/transport.ts';
import { failureOfError, mayBePassed } from './classify.ts';
import { Gate } from './content-gate.ts';
import type { RequestBody } from './request-body.ts';

/** An answer whose start was held back, at the moment when it is decided. */
export interface HeldResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly held: readonly Buffer[];
  /** By its body; `unread` where the gate did not look. */
  readonly form: AnswerForm;
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
  /** Only an answer to `POST /v1/messages` is judged by its start; others commit at their headers. */
  readonly isGated: boolean;
  readonly times: AttemptTimes;
  /** Of the exchange; not running, and used by nobody else until the attempt has settled. */
  readonly deadline: Deadline;
}

/** An error answer is small; what is larger is not read to the end. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** How long the body of an error answer may take; its status is known already. */
const REFUSAL_BODY_MS = 1_000;

const LACKS_OPERATION: ReadonlySet<number> = new Set([404, 405, 501]);

export class Attempt implements AnswerReceiver {
  readonly #input: AttemptInput;
  readonly #onSettled: (result: AttemptResult) => void;
  readonly #startedAtMs = performance.now();
  readonly #held: Buffer[] = [];
  #sending: Sending | undefined;
  #response: IncomingMessage | undefined;
  #stream: AnswerStream | undefined;
  #gate: Gate | undefined;
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
    if (!isSuccess(response.statusCode ?? 0)) this.#hold(REFUSAL_BODY_MS);
    else if (this.#input.isGated) this.#gate = new Gate(response.headers);
    else this.#commit('going_on', 'unread');
  }

  onData(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#gate === undefined) {
      if (this.#heldBytes > MAX_REFUSAL_BYTES) this.#judgeRefusal('going_on');
      return;
    }
    const hadBegun = this.#gate.hasBegun;
    this.#follow(this.#gate.push(chunk), 'going_on');
    // White space is no beginning: the limit of the first byte goes on.
    if (this.#settled || hadBegun || !this.#gate.hasBegun) return;
    this.#hold(this.#input.times.gateMs);
  }

  onEnd(): void {
    if (this.#gate === undefined) this.#judgeRefusal('ended');
    else this.#follow(this.#gate.atEnd(), 'ended');
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
    else this.#follow(this.#gate.atDeadline(), 'going_on');
  }

  #onError(error: Error): void {
    this.#fail(this.#phase === 'answered' ? 'truncated' : failureOfError(error), error);
  }

  #follow(verdict: StartVerdict, state: 'going_on' | 'ended'): void {
    if (verdict.kind === 'commit') this.#commit(state, verdict.form);
    else if (verdict.kind === 'pass') this.#pass(state, verdict.form);
    else if (verdict.kind === 'fail') this.#fail(verdict.failure);
  }

  #commit(state: 'going_on' | 'ended', form: AnswerForm): void {
    const response = this.#take(state, form);
    if (response === undefined) return;
    this.#onSettled({
      kind: 'committed',
      response,
      ttftMs: performance.now() - this.#startedAtMs,
    });
  }

  #pass(state: 'going_on' | 'ended', form: AnswerForm): void {
    const response = this.#take(state, form);
    if (response === undefined) return;
    this.#onSettled({ kind: 'passed', response: this.#withoutToken(response) });
  }

  #judgeRefusal(state: 'going_on' | 'ended'): void {
    const status = this.#response?.statusCode ?? 0;
    const judged = judgeRefusal({
      status,
      contentType: this.#response?.headers['content-type']?.toLowerCase() ?? '',
      bodyStart: Buffer.concat(this.#held).toString('latin1', 0, MAX_REFUSAL_BYTES),
    });
    const { error } = judged;
    // What is not a message is optional for a relay: "not here" speaks of the operation.
    const isUnsupported = !this.#input.isGated && LACKS_OPERATION.has(status);
    const failure = isUnsupported ? 'unsupported' : judged.failure;
    if (failure === 'client_error') {
      this.#pass(state, 'document');
      return;
    }
    const phase = this.#phase;
    const response = this.#take(state, 'document');
    if (response === undefined) return;
    this.#input.deadline.stop();
    response.stream.forget();
    if (state === 'going_on') this.#sending?.abort();
    this.#onSettled({
      kind: 'failed',
      failure,
      phase,
      staleConnection: false,
      retryAfterMs: namedWaitMs(response.headers, Date.now()),
      response:
        state === 'ended' && mayBePassed(status, failure, error)
          ? this.#withoutToken(response)
          : undefined,
    });
  }

  /** Settles with an answer: its stream and the deadline are the caller's from here on. */
  #take(state: 'going_on' | 'ended', form: AnswerForm): HeldResponse | undefined {
    const response = this.#response;
    const stream = this.#stream;
    if (this.#settled || response === undefined || stream === undefined) return undefined;
    this.#settled = true;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      held: this.#held,
      form,
      stream,
      ended: state === 'ended',
    };
  }

  #withoutToken(refusal: HeldResponse): HeldResponse {
    return withoutToken(refusal, tokenIn(this.#input.endpoint.credential));
  }

  #fail(failure: FailureClass, error?: Error): void {
    if (this.#settled) return;
    const phase = this.#phase;
    this.abort();
    const staleConnection = this.#reused && phase === 'sent' && isReset(error);
    // An error in the body of a success may come with the headers of a refusal.
    const isLimit = failure === 'overloaded' || failure === 'rate_limited';
    const headers = this.#response?.headers ?? {};
    const retryAfterMs = isLimit ? namedWaitMs(headers, Date.now()) : undefined;
    this.#onSettled({ kind: 'failed', failure, phase, staleConnection, retryAfterMs });
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
