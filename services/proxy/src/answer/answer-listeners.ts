/**
 * The body of an endpoint's answer as it comes, for one receiver at a time: the attempt that judges
 * its start, then the relay. The listeners stay while the receiver changes: for a small answer,
 * taking three off and putting three on, with a pause in between, is a good part of the work.
 *
 * What comes in one turn of the event loop is given on at the end of that turn, after everything that
 * the turn reads: see docs/data-path.md, "Reads first, then writes".
 */
import type { IncomingMessage } from 'node:http';

export interface AnswerReceiver {
  onData(chunk: Buffer): void;
  /** It is complete as far as HTTP is concerned. */
  onEnd(): void;
  /** The connection has closed, before its end or after it. */
  onClosed(): void;
}

/** One read of a socket: more is not held until the end of the turn, in which Node may read 32 times. */
const MAX_PENDING_BYTES = 64 * 1024;

export class AnswerStream {
  readonly #response: IncomingMessage;
  #receiver: AnswerReceiver | undefined;
  /** What came in this turn, in its order. */
  #pending: (Buffer | 'end' | 'close')[] = [];
  #pendingBytes = 0;

  constructor(response: IncomingMessage, receiver: AnswerReceiver) {
    this.#response = response;
    this.#receiver = receiver;
    response.on('data', (chunk: Buffer) => {
      this.#pendingBytes += chunk.length;
      this.#hold(chunk);
      if (this.#pendingBytes >= MAX_PENDING_BYTES) this.deliver();
    });
    response.on('end', () => this.#hold('end'));
    response.on('close', () => this.#hold('close'));
  }

  /** Nothing may be awaited before the next receiver has it: what comes meanwhile is lost. */
  handTo(receiver: AnswerReceiver): void {
    this.#receiver = receiver;
  }

  /** Nobody wants to know any more; what still comes is dropped. */
  forget(): void {
    this.#receiver = undefined;
  }

  /** Gives on what has come until now, before the turn ends. */
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

  #hold(what: Buffer | 'end' | 'close'): void {
    if (this.#pending.length === 0) setImmediate(this.deliver);
    this.#pending.push(what);
  }
}
