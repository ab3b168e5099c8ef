/**
 * The body of an endpoint's answer as it comes, for one receiver at a time: the attempt that judges
 * its start, then the relay. The listeners stay while the receiver changes: for a small answer,
 * taking three off and putting three on, with a pause in between, is a good part of the work.
 *
 * In a burst, the start of an answer is judged once the event loop has read what there is: see `bursts.ts`.
 * What is relayed does not wait: an event of a stream would only come later for it.
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

export class AnswerStream {
  readonly #response: IncomingMessage;
  readonly #bursts: Bursts;
  #receiver: AnswerReceiver | undefined;
  #isRelayed = false;
  /** What came in this burst, in its order. */
  #pending: (Buffer | 'end' | 'close')[] = [];
  #pendingBytes = 0;

  constructor(response: IncomingMessage, receiver: AnswerReceiver, bursts: Bursts) {
    this.#response = response;
    this.#receiver = receiver;
    this.#bursts = bursts;
    response.on('data', (chunk: Buffer) => {
      if (this.#isRelayed) this.#receiver?.onData(chunk);
      else this.#hold(chunk);
    });
    response.on('end', () => this.#follow('end'));
    response.on('close', () => this.#follow('close'));
  }

  /** To the relay. Nothing may be awaited before that: what comes meanwhile is lost. */
  handTo(receiver: AnswerReceiver): void {
    this.#receiver = receiver;
    this.#isRelayed = true;
  }

  /** Nobody wants to know any more; what still comes is dropped. */
  forget(): void {
    this.#receiver = undefined;
  }

  /** Gives on what has come until now. */
  readonly deliver = (): void => {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const what of pending) {
      if (what === 'end') this.#receiver?.onEnd();
      else if (what === 'close') this.#receiver?.onClosed();
      else this.#receiver?.onData(what);
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
