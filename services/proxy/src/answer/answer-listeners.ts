/**
 * The body of an endpoint's answer as it arrives, for one receiver at a time: the attempt that judges its
 * start, then the relay. The listeners stay when the receiver changes: for a small answer, removing and
 * re-adding three, with a pause in between, is a good part of the work.
 *
 * In a burst, the start of an answer is judged once the event loop has read all available data: see
 * `bursts.ts`. Relayed data is not buffered: that would only delay the events of a stream.
 *
 *     judging             --(handTo)--> relaying
 *     judging | relaying  --(forget)--> forgotten
 *     forgotten           --(handTo)--> relaying  (a refusal is passed on after all)
 *
 * With a thousand streams, an event rarely finds the objects of its stream in the processor's caches, so few of
 * them are on its way: the state is a string beside the receiver, not an object around it.
 */
import type { IncomingMessage } from 'node:http';

import { KIB } from '@zephyr/contract/units';

import type { Bursts } from '@zephyr/runtime/bursts';

export interface AnswerReceiver {
  onData(chunk: Buffer): void;
  /** The body is complete according to HTTP. */
  onEnd(): void;
  /** The connection has closed, before the end or after it. */
  onClosed(): void;
}

/**
 * One read of a socket. Beyond it the data is delivered immediately: Node may read 32 times before
 * `setImmediate`.
 */
const MAX_PENDING_BYTES = 64 * KIB;

/** `forgotten`: data that still arrives is dropped. */
type AnswerStreamStatus = 'judging' | 'relaying' | 'forgotten';

/** Of a forgotten answer, which may outlive the request: it must not keep a receiver in memory. */
const NO_RECEIVER: AnswerReceiver = {
  onData: () => undefined,
  onEnd: () => undefined,
  onClosed: () => undefined,
};

export class AnswerStream {
  readonly #response: IncomingMessage;
  readonly #bursts: Bursts;
  #status: AnswerStreamStatus = 'judging';
  #receiver: AnswerReceiver;
  /** Received in this burst, in order. */
  #pending: (Buffer | 'end' | 'close')[] = [];
  #pendingBytes = 0;

  constructor(response: IncomingMessage, receiver: AnswerReceiver, bursts: Bursts) {
    this.#response = response;
    this.#receiver = receiver;
    this.#bursts = bursts;
    response.on('data', (chunk: Buffer) => {
      if (this.#status === 'judging') this.#buffer(chunk);
      else this.#receiver.onData(chunk);
    });
    response.on('end', () => this.#follow('end'));
    response.on('close', () => this.#follow('close'));
  }

  /** Switches to the relay. Must not follow an await: data arriving in between would be lost. */
  handTo(receiver: AnswerReceiver): void {
    this.#status = 'relaying';
    this.#receiver = receiver;
  }

  forget(): void {
    this.#status = 'forgotten';
    this.#receiver = NO_RECEIVER;
  }

  /** Passes on everything received so far. */
  readonly deliver = (): void => {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const what of pending) {
      if (what === 'end') this.#receiver.onEnd();
      else if (what === 'close') this.#receiver.onClosed();
      else this.#receiver.onData(what);
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

  #buffer(chunk: Buffer): void {
    this.#pendingBytes += chunk.length;
    this.#pending.push(chunk);
    if (this.#pendingBytes >= MAX_PENDING_BYTES) this.deliver();
    else if (this.#pending.length === 1) this.#bursts.run(this.deliver);
  }

  /** Delivered immediately if nothing is pending: its data has already been passed on. */
  #follow(what: 'end' | 'close'): void {
    this.#pending.push(what);
    if (this.#pending.length === 1) this.deliver();
  }
}
