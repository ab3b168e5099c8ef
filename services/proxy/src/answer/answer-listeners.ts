/**
 * The body of an endpoint's answer as it comes, for one receiver at a time: the attempt that judges
 * its start, then the relay. The listeners stay while the receiver changes: for a small answer,
 * taking three off and putting three on, with a pause in between, is a good part of the work.
 *
 * In a burst, the start of an answer is judged once the event loop has read what there is: see `bursts.ts`.
 * What is relayed does not wait: an event of a stream would only come later for it.
 *
 *     judging             --(handTo)--> relaying
 *     judging | relaying  --(forget)--> forgotten
 *     forgotten           --(handTo)--> relaying  (a refusal is given after all)
 */
import type { IncomingMessage } from 'node:http';

import type { Bursts } from '@zephyr/runtime/bursts';

export interface AnswerReceiver {
  onData(chunk: Buffer): void;
  /** It is complete as far as HTTP is concerned. */
  onEnd(): void;
  /** The connection has closed, before its end or after it. */
  onClosed(): void;
}

/** One read of a socket. Beyond it the receiver is asked at once: Node may read 32 times before `setImmediate`. */
const MAX_PENDING_BYTES = 64 * 1024;

type AnswerStreamState =
  | { readonly status: 'judging' | 'relaying'; readonly receiver: AnswerReceiver }
  /** Nobody wants to know any more; what still comes is dropped. */
  | { readonly status: 'forgotten' };

const FORGOTTEN: AnswerStreamState = { status: 'forgotten' };

export class AnswerStream {
  readonly #response: IncomingMessage;
  readonly #bursts: Bursts;
  #state: AnswerStreamState;
  /** What came in this burst, in its order. */
  #pending: (Buffer | 'end' | 'close')[] = [];
  #pendingBytes = 0;

  constructor(response: IncomingMessage, receiver: AnswerReceiver, bursts: Bursts) {
    this.#response = response;
    this.#state = { status: 'judging', receiver };
    this.#bursts = bursts;
    response.on('data', (chunk: Buffer) => {
      const state = this.#state;
      if (state.status === 'relaying') state.receiver.onData(chunk);
      else if (state.status === 'judging') this.#hold(chunk);
    });
    response.on('end', () => this.#follow('end'));
    response.on('close', () => this.#follow('close'));
  }

  /** To the relay. Nothing may be awaited before that: what comes meanwhile is lost. */
  handTo(receiver: AnswerReceiver): void {
    this.#state = { status: 'relaying', receiver };
  }

  forget(): void {
    this.#state = FORGOTTEN;
  }

  /** Gives on what has come until now. */
  readonly deliver = (): void => {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const what of pending) {
      const state = this.#state;
      if (state.status === 'forgotten') continue;
      if (what === 'end') state.receiver.onEnd();
      else if (what === 'close') state.receiver.onClosed();
      else state.receiver.onData(what);
    }
  };

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #hold(chunk: Buffer): void {
    this.#pendingBytes += chunk.length;
    this.#pending.push(chunk);
    if (this.#pendingBytes >= MAX_PENDING_BYTES) this.deliver();
    else if (this.#pending.length === 1) this.#bursts.run(this.deliver);
  }

  /** Alone it waits for nothing: its data has been given on. */
  #follow(what: 'end' | 'close'): void {
    this.#pending.push(what);
    if (this.#pending.length === 1) this.deliver();
  }
}
