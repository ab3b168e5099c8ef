/**
 * The body of an endpoint's answer as it comes, for one receiver at a time: the attempt that judges
 * its start, then the relay. The listeners stay while the receiver changes: for a small answer,
 * taking three off and putting three on, with a pause in between, is a good part of the work.
 */
import type { IncomingMessage } from 'node:http';

export interface AnswerReceiver {
  onData(chunk: Buffer): void;
  /** It is complete as far as HTTP is concerned. */
  onEnd(): void;
  /** The connection has closed, before its end or after it. */
  onClosed(): void;
}

export class AnswerStream {
  readonly #response: IncomingMessage;
  #receiver: AnswerReceiver | undefined;

  constructor(response: IncomingMessage, receiver: AnswerReceiver) {
    this.#response = response;
    this.#receiver = receiver;
    response.on('data', (chunk: Buffer) => this.#receiver?.onData(chunk));
    response.on('end', () => this.#receiver?.onEnd());
    response.on('close', () => this.#receiver?.onClosed());
  }

  /** Nothing may be awaited before the next receiver has it: what comes meanwhile is lost. */
  handTo(receiver: AnswerReceiver): void {
    this.#receiver = receiver;
  }

  /** Nobody wants to know any more; what still comes is dropped. */
  forget(): void {
    this.#receiver = undefined;
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  destroy(): void {
    this.#response.destroy();
  }
}
