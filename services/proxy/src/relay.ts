/**
 * Gives a decided answer to the client: what was held, then every byte as it comes, with
 * back-pressure. An answer that is cut upstream ends abnormally here too: Claude Code takes a
 * stream that ends cleanly as complete, even without its last event.
 *
 *     relaying --(ended properly)-->          complete
 *     relaying --(cut, silent, no proper end)--> cut
 *     relaying --(client closed or stalled)-->   client_gone
 */
import type { ServerResponse } from 'node:http';

import type { FailureClass } from '@zephyr/core';

import type { HeldResponse } from './attempt.ts';
import { Deadline } from './deadline.ts';
import { downstreamHeaders } from './headers.ts';
import { AnswerTail, endsProperly } from './tail.ts';

export type RelayResult =
  | { readonly kind: 'complete'; readonly tail: string }
  | { readonly kind: 'cut'; readonly failure: FailureClass }
  | { readonly kind: 'client_gone' };

export interface RelayInput {
  readonly res: ServerResponse;
  readonly response: HeldResponse;
  /** The answer has to end with `message_stop` if it is a stream. */
  readonly isMessages: boolean;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly idleMs: number;
  readonly clientStallMs: number;
}

export class Relay {
  readonly #input: RelayInput;
  readonly #onDone: (result: RelayResult) => void;
  readonly #tail = new AnswerTail();
  readonly #idle = new Deadline(() => this.cut('idle_timeout'));
  readonly #stall = new Deadline(() => this.#onStalled());
  #done = false;

  constructor(input: RelayInput, onDone: (result: RelayResult) => void) {
    this.#input = input;
    this.#onDone = onDone;
  }

  start(): void {
    const { res, response, extraHeaders } = this.#input;
    const { upstream } = response;
    res.writeHead(response.status, { ...downstreamHeaders(response.headers), ...extraHeaders });
    res.once('close', this.#onClientClosed);
    for (const chunk of response.held) this.#give(chunk);
    if (response.ended) {
      this.#onEnd();
      return;
    }
    if (response.held.length === 0) res.flushHeaders();
    this.#idle.start(this.#input.idleMs);
    upstream.on('data', this.#onData);
    upstream.once('end', this.#onEnd);
    upstream.once('close', this.#onUpstreamClosed);
    if (!res.writableNeedDrain) upstream.resume();
  }

  get isStream(): boolean {
    return isEventStream(this.#input.response);
  }

  /** Ends the answer visibly: the client must never take it as complete. */
  cut(failure: FailureClass): void {
    if (!this.#finish()) return;
    const { res, response } = this.#input;
    response.upstream.destroy();
    destroyConnection(res);
    this.#onDone({ kind: 'cut', failure });
  }

  /** Ends the answer with a last event that says why, as far as its form allows. */
  cutWithEvent(event: string): void {
    const { res, response } = this.#input;
    if (this.#done) return;
    if (isEventStream(response)) res.write(event);
    response.upstream.destroy();
    this.#finish();
    // The event has to be on its way before the connection is.
    res.req.socket.destroySoon();
    this.#onDone({ kind: 'client_gone' });
  }

  #give(chunk: Buffer): void {
    this.#tail.push(chunk);
    if (this.#input.res.write(chunk)) return;
    this.#input.response.upstream.pause();
    if (this.#stall.isRunning) return;
    this.#stall.start(this.#input.clientStallMs);
    this.#idle.stop();
    this.#input.res.once('drain', this.#onDrain);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#idle.refresh();
    this.#give(chunk);
  };

  readonly #onDrain = (): void => {
    this.#stall.stop();
    if (this.#done || this.#input.response.ended) return;
    this.#idle.start(this.#input.idleMs);
    this.#input.response.upstream.resume();
  };

  readonly #onEnd = (): void => {
    const tail = this.#tail.text();
    const { response, isMessages, res } = this.#input;
    const mustEndProperly = isMessages && isEventStream(response) && !isEncoded(response);
    if (mustEndProperly && !endsProperly(tail)) {
      this.cut('truncated');
      return;
    }
    // The last bytes may still wait for the client: the stall limit goes on until it has them.
    this.#idle.stop();
    this.#detach();
    res.end();
    if (!this.#stall.isRunning && res.writableLength > 0) {
      this.#stall.start(this.#input.clientStallMs);
    }
    this.#complete(tail);
  };

  #complete(tail: string): void {
    this.#done = true;
    const { res } = this.#input;
    res.off('close', this.#onClientClosed);
    if (this.#stall.isRunning) res.once('close', () => this.#stall.stop());
    this.#onDone({ kind: 'complete', tail });
  }

  readonly #onUpstreamClosed = (): void => {
    this.cut('truncated');
  };

  readonly #onClientClosed = (): void => {
    if (!this.#finish()) return;
    this.#input.response.upstream.destroy();
    this.#onDone({ kind: 'client_gone' });
  };

  #onStalled(): void {
    this.#input.res.req.socket.destroy();
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#idle.stop();
    this.#stall.stop();
    this.#detach();
    this.#input.res.off('close', this.#onClientClosed);
    this.#input.res.off('drain', this.#onDrain);
    return true;
  }

  #detach(): void {
    const { upstream } = this.#input.response;
    upstream.off('data', this.#onData);
    upstream.off('end', this.#onEnd);
    upstream.off('close', this.#onUpstreamClosed);
  }
}

/** In HTTP/1.1 a missing last chunk shows the cut; in HTTP/1.0 only a reset does. */
function destroyConnection(res: ServerResponse): void {
  const { socket, httpVersion } = res.req;
  if (httpVersion === '1.0') socket.resetAndDestroy();
  else socket.destroy();
}

function isEventStream({ headers }: HeldResponse): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/event-stream') === true;
}

function isEncoded({ headers }: HeldResponse): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}
