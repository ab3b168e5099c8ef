/**
 * One attempt at one endpoint, from the first byte sent until its answer may be relayed to the client, or the
 * attempt has failed.
 *
 *     connecting --(connected)-->                        sent
 *     sent       --(status and headers)-->               answered
 *     answered   --(content; without a gate at once)-->  settled: committed
 *     answered   --(an error of the client's own)-->     settled: passed
 *     any        --(error, timer, gate)-->               settled: failed
 *     any        --(abort)-->                            settled, without a result
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FailureClass } from '@zephyr/contract/failure';
import {
  type AnswerForm,
  isSuccess,
  MAX_INTERIM_ANSWERS,
  rateLimitsOf,
  retryAfterMsIn,
  type StartVerdict,
} from '@zephyr/core';
import type { Bursts } from '@zephyr/runtime/bursts';
import type { Clock } from '@zephyr/runtime/clock';
import { type AnswerReceiver, AnswerStream } from '../answer/answer-listeners.ts';
import type { BufferedAnswer } from '../answer/buffered-answer.ts';
import { canBePassed } from '../answer/pass-refusal.ts';
import { withoutSecrets } from '../answer/without-secrets.ts';
import type { Deadline } from '../upstream/deadline.ts';
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import {
  connectingSocketOf,
  type SendHandlers,
  type Sending,
  type Transport,
  type UpstreamRequest,
} from '../upstream/transport.ts';
import { type Gate, gateFor, type JudgedAs } from './answer-gate.ts';
import type { AttemptResult } from './attempt-result.ts';
import { failureOfError, isReset } from './connection-failure.ts';
import { MAX_REFUSAL_BYTES, refusalOf } from './refusal.ts';
import type { RequestBody } from './request-body.ts';

export interface AttemptTimes {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly gateMs: number;
  /**
   * Whether other requests have meanwhile found the endpoint silent; undefined if there is no alternative to
   * it.
   */
  readonly isSilent: (() => boolean) | undefined;
}

export interface AttemptInput {
  readonly endpoint: UpstreamEndpoint;
  readonly request: UpstreamRequest;
  readonly body: RequestBody;
  /** Required form of a success; `nothing` commits at its headers. */
  readonly judgedAs: JudgedAs;
  readonly times: AttemptTimes;
  /** The exchange's deadline: not running, and not used by anything else until the attempt has settled. */
  readonly deadline: Deadline;
  readonly bursts: Bursts;
  readonly clock: Clock;
}

interface Answered {
  readonly status: 'answered';
  readonly response: IncomingMessage;
  readonly stream: AnswerStream;
  /** Undefined for an error answer. */
  readonly gate: Gate | undefined;
  readonly buffered: Buffer[];
  bufferedBytes: number;
}

type AttemptState =
  | { readonly status: 'connecting' }
  | { readonly status: 'sent'; readonly isReused: boolean }
  | Answered
  | { readonly status: 'settled' };

const CONNECTING: AttemptState = { status: 'connecting' };
const SENT_ON_NEW: AttemptState = { status: 'sent', isReused: false };
const SENT_ON_REUSED: AttemptState = { status: 'sent', isReused: true };
const SETTLED: AttemptState = { status: 'settled' };

/**
 * How often a wait for a whole answer, which may take minutes, checks whether others found the endpoint
 * silent.
 */
const SILENCE_POLL_MS = 1_000;
/** Limit for the body of an error answer, whose status is already known. */
const REFUSAL_BODY_TIMEOUT_MS = 1_000;

export class Attempt implements AnswerReceiver, SendHandlers {
  readonly #input: AttemptInput;
  readonly #onSettled: (result: AttemptResult) => void;
  readonly #startedAtMs: number;
  #state: AttemptState = CONNECTING;
  #sending: Sending | undefined;

  constructor(input: AttemptInput, onSettled: (result: AttemptResult) => void) {
    this.#input = input;
    this.#onSettled = onSettled;
    this.#startedAtMs = input.clock.nowMs();
  }

  get isConnecting(): boolean {
    return this.#state.status === 'connecting';
  }

  start(send: Transport): void {
    const { endpoint, request } = this.#input;
    this.#sending = send(endpoint, request, this);
  }

  /** Closes the upstream connection; nothing is reported afterwards. */
  abort(): void {
    const state = this.#state;
    if (state.status === 'settled') return;
    this.#state = SETTLED;
    this.#input.deadline.stop();
    if (state.status === 'answered') state.stream.forget();
    this.#sending?.abort();
  }

  onRequest(upstream: ClientRequest): void {
    upstream.on('upgrade', (_response, socket: Socket) => {
      socket.destroy();
      this.#fail('not_claude');
    });
    let interim = 0;
    upstream.on('information', () => {
      interim += 1;
      if (interim > MAX_INTERIM_ANSWERS) this.#fail('not_claude');
    });
    const socket = connectingSocketOf(upstream);
    if (socket === undefined) {
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
    if (this.#state.status !== 'connecting') return;
    this.#state = upstream.reusedSocket ? SENT_ON_REUSED : SENT_ON_NEW;
    const { body, deadline } = this.#input;
    if (body.isBuffered) {
      this.#waitForAnswer();
    } else {
      // While the client is still uploading, the endpoint need not answer.
      deadline.stop();
      upstream.once('finish', () => {
        if (isStartAwaited(this.#state)) this.#waitForAnswer();
      });
    }
    body.connected();
  }

  #waitForAnswer(leftMs = this.#input.times.firstByteMs): void {
    const { deadline, times } = this.#input;
    const waitMs = times.isSilent === undefined ? leftMs : Math.min(leftMs, SILENCE_POLL_MS);
    deadline.start(waitMs, () => {
      if (waitMs === leftMs || times.isSilent?.() === true) this.#fail('first_byte_timeout');
      else this.#waitForAnswer(leftMs - waitMs);
    });
  }

  onResponse(response: IncomingMessage): void {
    if (this.#state.status === 'settled') {
      response.resume();
      return;
    }
    const stream = new AnswerStream(response, this, this.#input.bursts);
    const isRefusal = !isSuccess(response.statusCode ?? 0);
    const gate = isRefusal ? undefined : gateFor(this.#input.judgedAs, response.headers);
    const state: Answered = {
      status: 'answered',
      response,
      stream,
      gate,
      buffered: [],
      bufferedBytes: 0,
    };
    this.#state = state;
    if (isRefusal) this.#buffer(REFUSAL_BODY_TIMEOUT_MS);
    else if (gate === undefined) this.#commit(state, 'continues', 'unread');
  }

  onData(chunk: Buffer): void {
    const state = this.#state;
    if (state.status !== 'answered') return;
    state.buffered.push(chunk);
    state.bufferedBytes += chunk.length;
    const { gate } = state;
    if (gate === undefined) {
      if (state.bufferedBytes > MAX_REFUSAL_BYTES) this.#judgeRefusal(state, 'continues');
      return;
    }
    const hadBegun = gate.hasBegun;
    this.#follow(state, gate.push(chunk), 'continues');
    // White space is not a start: the first-byte limit keeps running.
    if (this.#state !== state || hadBegun || !gate.hasBegun) return;
    this.#buffer(this.#input.times.gateMs);
  }

  onEnd(): void {
    const state = this.#state;
    if (state.status !== 'answered') return;
    if (state.gate === undefined) this.#judgeRefusal(state, 'ended');
    else this.#follow(state, state.gate.atEnd(), 'ended');
  }

  onClosed(): void {
    const state = this.#state;
    if (state.status === 'answered' && state.gate === undefined) this.#judgeRefusal(state, 'cut');
    else this.#fail('truncated');
  }

  /** Limits the wait for the start of the answer from now on. */
  #buffer(timeoutMs: number): void {
    this.#input.deadline.start(timeoutMs, () => this.#onBufferedLongEnough());
  }

  #onBufferedLongEnough(): void {
    const state = this.#state;
    if (state.status !== 'answered') return;
    if (state.gate === undefined) this.#judgeRefusal(state, 'continues');
    else this.#follow(state, state.gate.atDeadline(), 'continues');
  }

  onError(error: Error): void {
    // Data that arrived before the error is judged first.
    if (this.#state.status === 'answered') this.#state.stream.deliver();
    const state = this.#state;
    if (state.status !== 'answered') this.#fail(failureOfError(error), error);
    // Unparseable data after a whole answer is not part of it: its end is still to be delivered.
    else if (!state.response.complete) this.onClosed();
  }

  #follow(state: Answered, verdict: StartVerdict, extent: Extent): void {
    if (verdict.kind === 'commit') this.#commit(state, extent, verdict.form);
    else if (verdict.kind === 'pass') this.#pass(state, extent, verdict.form);
    else if (verdict.kind === 'fail') this.#fail(verdict.failure);
  }

  #commit(state: Answered, extent: Extent, form: AnswerForm): void {
    const answer = this.#take(state, extent, form);
    const ttftMs = this.#input.clock.nowMs() - this.#startedAtMs;
    this.#onSettled({ kind: 'committed', answer, ttftMs });
  }

  #pass(state: Answered, extent: Extent, form: AnswerForm): void {
    const answer = this.#withoutSecrets(this.#take(state, extent, form));
    this.#onSettled({ kind: 'passed', answer });
  }

  #judgeRefusal(state: Answered, extent: Extent): void {
    const { response, buffered } = state;
    const { status, failure, error, ...refusal } = refusalOf(
      response,
      buffered,
      this.#input.judgedAs,
    );
    const isWhole = extent === 'ended' || refusal.isWhole;
    if (failure === 'client_error' && !isWhole) {
      if (extent === 'cut') this.#fail('truncated');
      else this.#pass(state, extent, 'document');
      return;
    }
    const answer = this.#withoutSecrets(this.#take(state, 'ended', 'document'));
    this.#input.deadline.stop();
    answer.stream.forget();
    if (extent === 'continues') this.#sending?.abort();
    if (failure === 'client_error') {
      this.#onSettled({ kind: 'passed', answer });
      return;
    }
    this.#onSettled({
      ...{ kind: 'failed', failure, phase: 'answered', status, isStaleConnection: false },
      retryAfterMs: retryAfterMsIn(answer.headers, this.#input.clock.epochMs()),
      rateLimits: rateLimitsOf(answer.headers, this.#input.clock.epochMs()),
      answer: canBePassed(status, failure, error) ? answer : undefined,
    });
  }

  /** Settles with an answer, whose stream and deadline now belong to the caller. */
  #take(answered: Answered, extent: Extent, form: AnswerForm): BufferedAnswer {
    this.#state = SETTLED;
    const { response, buffered, stream, gate } = answered;
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      isHeaderPassed: this.#input.endpoint.passes.ofAnswer,
      endpointName: this.#input.endpoint.nameHeader,
      buffered,
      head: gate?.head ?? '',
      form,
      end: gate?.endOfDocument(),
      stream,
      hasEnded: extent === 'ended',
    };
  }

  #withoutSecrets(refusal: BufferedAnswer): BufferedAnswer {
    return withoutSecrets(refusal, this.#input.endpoint.headers.secrets);
  }

  #fail(failure: FailureClass, error?: Error): void {
    const state = this.#state;
    if (state.status === 'settled') return;
    this.abort();
    const isStaleConnection = state.status === 'sent' && state.isReused && isReset(error);
    // An error in the body of a success may carry the headers of a refusal.
    const isLimit = failure === 'overloaded' || failure === 'rate_limited';
    const retryAfterMs =
      isLimit && state.status === 'answered'
        ? retryAfterMsIn(state.response.headers, this.#input.clock.epochMs())
        : undefined;
    this.#onSettled({
      kind: 'failed',
      failure,
      phase: state.status,
      isStaleConnection,
      retryAfterMs,
    });
  }
}

/** Whether only headers and white space have arrived of an answer that is judged by its start. */
function isStartAwaited(state: AttemptState): boolean {
  return state.status === 'sent' || (state.status === 'answered' && state.gate?.hasBegun === false);
}

/** Whether more of the answer follows; `cut`: more should, but will not. */
type Extent = 'continues' | 'ended' | 'cut';
