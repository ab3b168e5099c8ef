/**
 * Relays an accepted answer to the client: the buffered start, then every byte as it arrives, with back-pressure.
 * An answer that is cut upstream ends abnormally here too: Claude Code considers a stream that ends cleanly
 * complete, even without its last event.
 *
 *     flowing     --(client is slow)-->                paused       --(it has caught up)--> flowing
 *     whole       --(client is slow)-->                whole_paused --(it has caught up)--> whole
 *     flowing     --(all of a message has arrived)-->  whole
 *     paused      --(all of a message has arrived)-->  whole_paused
 *     any         --(ended properly)-->                done: complete
 *     whole       --(TRAILING_MS, no length declared)-->  done: complete, endpoint connection dropped
 *     any whole   --(cut, no length declared)-->       done: complete, endpoint connection dropped
 *     any other   --(cut or silent)-->                 done: cut
 *     any         --(client closed or stalled)-->      done: client_gone
 *     any         --(abandoned)-->                     done, without a result
 *
 * Trailing bytes after a whole answer are passed on, but are not part of it: they neither restart the wait for the
 * endpoint nor are they looked at. A declared length must be honoured, so that an answer which is whole is cut
 * if it stops short of that.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { FailureClass } from '@zephyr/contract/failure';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import {
  type AnswerEnd,
  type ApiError,
  answerEndOf,
  failureOfApiError,
  TRAILING_MS,
  TRAILING_QUIET_MS,
} from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Deadline } from '../upstream/deadline.ts';
import type { AnswerReceiver } from './answer-listeners.ts';
import { BodyWriter } from './body-writer.ts';
import type { BufferedAnswer } from './buffered-answer.ts';
import { type AnswerHeadersAbout, answerHeaders } from './response-headers.ts';

export type RelayResult =
  /** `failure`: its last event is an error that the endpoint reported after content. */
  | { readonly kind: 'complete'; readonly failure?: FailureClass | undefined }
  | { readonly kind: 'cut'; readonly failure: FailureClass }
  | { readonly kind: 'client_gone' };

export interface RelayInput extends AnswerHeadersAbout {
  readonly res: ServerResponse;
  readonly answer: BufferedAnswer;
  /** Whether it is an answer of the Messages API, which has to be whole. */
  readonly isMessages: boolean;
  /** Taken over from the exchange; used by nothing else from here on. */
  readonly deadline: Deadline;
  readonly clock: Clock;
  readonly idleMs: number;
  readonly clientStallMs: number;
}

type RelayState =
  | { readonly status: 'flowing' | 'paused' | 'done' }
  /** `wholeAtMs`: on the monotonic clock. */
  | { readonly status: 'whole' | 'whole_paused'; readonly wholeAtMs: number };

/** Shared: an answer goes through them again and again. */
const FLOWING: RelayState = { status: 'flowing' };
const PAUSED: RelayState = { status: 'paused' };

export class Relay implements AnswerReceiver {
  readonly #input: RelayInput;
  /** Of the input, for each chunk: see `answer-listeners.ts`. */
  readonly #deadline: Deadline;
  readonly #onDone: (result: RelayResult) => void;
  /** Absent if the end cannot be detected. */
  readonly #end: AnswerEnd | undefined;
  readonly #body: BodyWriter;
  /** Bytes left of the declared length, if there is one. */
  #leftBytes: number | undefined;
  #state: RelayState = FLOWING;

  constructor(input: RelayInput, onDone: (result: RelayResult) => void) {
    this.#input = input;
    this.#deadline = input.deadline;
    this.#body = new BodyWriter(input.res);
    const { form, end } = input.answer;
    this.#end = input.isMessages ? (end ?? answerEndOf(form)) : undefined;
    const length = input.answer.headers['content-length'];
    this.#leftBytes = length === undefined ? undefined : Number(length);
    this.#onDone = onDone;
  }

  start(): void {
    const { res, answer, endpointId, leftFamily, isLast } = this.#input;
    const headers = answerHeaders(answer, { endpointId, leftFamily, isLast });
    res.writeHead(answer.status, headers);
    answer.stream.handTo(this);
    this.#waitForEndpoint();
    this.#giveBuffered();
    if (answer.hasEnded) this.onEnd();
    else if (answer.buffered.length === 0) res.flushHeaders();
  }

  /** Tokens reported by the answer so far; undefined if it has not reported any, or cannot be read. */
  get usage(): AnswerUsage | undefined {
    return this.#end?.usage;
  }

  get isStream(): boolean {
    return this.#input.answer.form === 'stream';
  }

  onData(chunk: Buffer): void {
    if (isIncomplete(this.#state)) this.#deadline.refresh();
    this.#give(chunk);
  }

  onEnd(): void {
    this.#end?.finish();
    if (this.#end !== undefined && this.#end.ending === undefined) this.cut('truncated');
    else this.#complete();
  }

  onClosed(): void {
    this.cut('truncated');
  }

  /** Ends the answer abnormally, unless it is whole: the client must never mistake half for all. */
  cut(failure: FailureClass): void {
    if (this.#state.status === 'done') return;
    if (this.#canEndHere) {
      this.#completeAndDrop();
      return;
    }
    this.abandon();
    whenItsTurn(this.#input.res, (socket) => destroyConnection(this.#input.res, socket));
    this.#onDone({ kind: 'cut', failure });
  }

  /** Unless it is whole, ends the answer with a last event that states the reason, as far as its form allows. */
  cutWithEvent(event: string): void {
    if (this.#state.status === 'done') return;
    if (this.#canEndHere) {
      this.#completeAndDrop();
      return;
    }
    const { res } = this.#input;
    // It would count as the bytes that are still announced, and make the answer look whole.
    if (this.isStream && this.#leftBytes === undefined) res.write(event);
    this.abandon();
    whenItsTurn(res, (socket) => socket.destroySoon());
    this.#onDone({ kind: 'client_gone' });
  }

  clientGone(): void {
    if (this.#state.status === 'done') return;
    if (this.#input.res.writableEnded) {
      // The client has all that was announced, and may close before the endpoint's end is seen.
      this.#complete();
      return;
    }
    this.abandon();
    this.#onDone({ kind: 'client_gone' });
  }

  /** Stops relaying and reporting; closes the endpoint's connection. */
  abandon(): void {
    this.#finish();
    this.#deadline.stop();
    this.#input.answer.stream.destroy();
  }

  /** Whether all of it has arrived and no more is announced: a declared length must be honoured. */
  get #canEndHere(): boolean {
    return isWhole(this.#state) && this.#input.answer.headers['content-length'] === undefined;
  }

  #complete(): void {
    const { res, deadline } = this.#input;
    res.end();
    // The last bytes may still be on their way to the client: the stall limit applies until they are sent.
    if (res.writableLength === 0) {
      deadline.stop();
    } else {
      if (!isPaused(this.#state)) this.#waitForClient();
      res.once('close', () => deadline.stop());
    }
    this.#finish();
    const ending = this.#end?.ending;
    this.#onDone({
      kind: 'complete',
      failure: ending?.kind === 'error' ? failureOfEnding(ending.error) : undefined,
    });
  }

  /** The endpoint's connection is not reused: it may still send something. */
  #completeAndDrop(): void {
    const { stream } = this.#input.answer;
    this.#complete();
    stream.destroy();
  }

  #giveBuffered(): void {
    const { buffered, end } = this.#input.answer;
    if (end === undefined) {
      for (const chunk of buffered) this.#give(chunk);
      return;
    }
    if (this.#end?.ending !== undefined) this.#noteWhole();
    for (const chunk of buffered) this.#write(chunk);
  }

  #give(chunk: Buffer): void {
    this.#look(chunk);
    this.#write(chunk);
  }

  #write(chunk: Buffer): void {
    const state = this.#state;
    if (state.status === 'done') return;
    if (this.#leftBytes !== undefined) this.#leftBytes -= chunk.length;
    if (this.#leftBytes === 0) {
      this.#giveLast(chunk);
      return;
    }
    if (this.#body.write(chunk)) {
      if (state.status === 'whole') this.#waitForEndpoint();
      return;
    }
    this.#input.answer.stream.pause();
    if (isPaused(state)) return;
    this.#state = state.status === 'whole' ? { ...state, status: 'whole_paused' } : PAUSED;
    this.#waitForClient();
    this.#body.onceDrained(() => this.#onDrained());
  }

  /** Of an answer that is not whole the last byte is left out: with all announced bytes it would look whole. */
  #giveLast(chunk: Buffer): void {
    this.#end?.finish();
    if (this.#end === undefined || this.#end.ending !== undefined) {
      this.#body.end(chunk);
      return;
    }
    this.#body.write(chunk.subarray(0, -1));
    this.cut('truncated');
  }

  /** Data after the end changes neither the result of the answer nor its usage. */
  #look(chunk: Buffer): void {
    if (!isIncomplete(this.#state)) return;
    this.#end?.push(chunk.toString('latin1'));
    if (this.#end?.ending !== undefined) this.#noteWhole();
  }

  #noteWhole(): void {
    const status = isPaused(this.#state) ? 'whole_paused' : 'whole';
    this.#state = { status, wholeAtMs: this.#input.clock.nowMs() };
  }

  #onDrained(): void {
    const state = this.#state;
    if (!isPaused(state)) return;
    this.#state = state.status === 'whole_paused' ? { ...state, status: 'whole' } : FLOWING;
    this.#waitForEndpoint();
    this.#input.answer.stream.resume();
  }

  #waitForEndpoint(): void {
    const { deadline, clock, idleMs } = this.#input;
    const state = this.#state;
    if (!isWhole(state) || !this.#canEndHere) {
      deadline.start(idleMs, () => this.cut('idle_timeout'));
      return;
    }
    const leftMs = Math.max(0, state.wholeAtMs + TRAILING_MS - clock.nowMs());
    deadline.start(Math.min(TRAILING_QUIET_MS, leftMs), () => this.#completeAndDrop());
  }

  /**
   * A client is stalled if its connection holds bytes of this answer and has taken none of them for the whole
   * limit, but not while an earlier, running answer has the connection.
   */
  #waitForClient(): void {
    const { deadline, clientStallMs, res } = this.#input;
    const takenBytes = takenBytesOf(res.socket);
    deadline.start(clientStallMs, () => {
      const isStalled = takenBytes !== undefined && takenBytes === takenBytesOf(res.socket);
      if (isStalled) res.req.socket.destroy();
      else this.#waitForClient();
    });
  }

  #finish(): void {
    this.#state = { status: 'done' };
    this.#input.answer.stream.forget();
  }
}

function isIncomplete({ status }: RelayState): boolean {
  return status === 'flowing' || status === 'paused';
}

function isWhole(state: RelayState): state is Extract<RelayState, { readonly wholeAtMs: number }> {
  return state.status === 'whole' || state.status === 'whole_paused';
}

function isPaused({ status }: RelayState): boolean {
  return status === 'paused' || status === 'whole_paused';
}

/** Undefined while an earlier answer has the connection. */
function takenBytesOf(socket: Socket | null): number | undefined {
  return socket === null ? undefined : socket.bytesWritten - socket.writableLength;
}

/**
 * An earlier answer on the same connection runs to its end first. So does data of this one: Node holds it
 * back until the next tick, and until `socket` is known.
 */
function whenItsTurn(res: ServerResponse, act: (socket: Socket) => void): void {
  const next = (socket: Socket): void => process.nextTick(act, socket);
  if (res.socket === null) res.once('socket', next);
  else next(res.socket);
}

/** HTTP/1.1 shows the cut by a missing last chunk; HTTP/1.0 only by a reset. */
function destroyConnection(res: ServerResponse, socket: Socket): void {
  if (res.req.httpVersion === '1.0') socket.resetAndDestroy();
  else socket.destroy();
}

function failureOfEnding(error: ApiError | undefined): FailureClass {
  return error === undefined ? 'server_error' : failureOfApiError(error);
}
