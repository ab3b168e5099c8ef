/**
 * Gives a decided answer to the client: what was held, then every byte as it comes, with
 * back-pressure. An answer that is cut upstream ends abnormally here too: Claude Code takes a
 * stream that ends cleanly as complete, even without its last event.
 *
 *     flowing   --(client is slow)-->            held_back --(it has read)--> flowing
 *     flowing   --(ended properly)-->            done: complete
 *     any       --(cut, silent, no proper end)-->   done: cut
 *     any       --(client closed or stalled)-->  done: client_gone
 */
import type { ServerResponse } from 'node:http';

import type { EndpointId, FailureClass } from '@zephyr/core';

import type { AnswerReceiver } from './answer-stream.ts';
import type { HeldResponse } from './attempt.ts';
import { BodyWriter } from './body-writer.ts';
import type { Deadline } from './deadline.ts';
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
  /** Named to the client. */
  readonly endpointId: EndpointId;
  /** No further request is wanted on this connection. */
  readonly isLast: boolean;
  /** Of the exchange; used by nobody else from here on. */
  readonly deadline: Deadline;
  readonly idleMs: number;
  readonly clientStallMs: number;
}

export class Relay implements AnswerReceiver {
  readonly #input: RelayInput;
  readonly #onDone: (result: RelayResult) => void;
  readonly #tail = new AnswerTail();
  readonly #body: BodyWriter;
  #state: 'flowing' | 'held_back' | 'done' = 'flowing';

  constructor(input: RelayInput, onDone: (result: RelayResult) => void) {
    this.#input = input;
    this.#body = new BodyWriter(input.res);
    this.#onDone = onDone;
  }

  start(): void {
    const { res, response, endpointId, isLast } = this.#input;
    const headers = downstreamHeaders(response.headers);
    headers['x-zephyr-endpoint'] = endpointId;
    if (isLast) headers.connection = 'close';
    res.writeHead(response.status, headers);
    response.stream.handTo(this);
    this.#waitForEndpoint();
    for (const chunk of response.held) this.#give(chunk);
    if (response.ended) this.onEnd();
    else if (response.held.length === 0) res.flushHeaders();
  }

  get isStream(): boolean {
    return isEventStream(this.#input.response);
  }

  onData(chunk: Buffer): void {
    this.#input.deadline.refresh();
    this.#give(chunk);
  }

  onEnd(): void {
    const { response, isMessages, res, deadline } = this.#input;
    const tail = this.#tail.text();
    const mustEndProperly = isMessages && isEventStream(response) && !isEncoded(response);
    if (mustEndProperly && !endsProperly(tail)) {
      this.cut('truncated');
      return;
    }
    res.end();
    // The last bytes may still wait for the client: the stall limit goes on until it has them.
    if (this.#state === 'flowing' && res.writableLength > 0) this.#waitForClient();
    if (this.#state === 'held_back' || res.writableLength > 0)
      res.once('close', () => deadline.stop());
    else deadline.stop();
    this.#finish();
    this.#onDone({ kind: 'complete', tail });
  }

  onClosed(): void {
    this.cut('truncated');
  }

  /** Ends the answer visibly: the client must never take it as complete. */
  cut(failure: FailureClass): void {
    if (this.#state === 'done') return;
    this.#abandon();
    destroyConnection(this.#input.res);
    this.#onDone({ kind: 'cut', failure });
  }

  /** Ends the answer with a last event that says why, as far as its form allows. */
  cutWithEvent(event: string): void {
    if (this.#state === 'done') return;
    const { res, response } = this.#input;
    if (isEventStream(response)) res.write(event);
    this.#abandon();
    // The event has to be on its way before the connection is.
    res.req.socket.destroySoon();
    this.#onDone({ kind: 'client_gone' });
  }

  clientGone(): void {
    if (this.#state === 'done') return;
    this.#abandon();
    this.#onDone({ kind: 'client_gone' });
  }

  #give(chunk: Buffer): void {
    this.#tail.push(chunk);
    if (this.#body.write(chunk)) return;
    this.#input.response.stream.pause();
    if (this.#state !== 'flowing') return;
    this.#state = 'held_back';
    this.#waitForClient();
    this.#body.onceDrained(() => this.#onDrained());
  }

  #onDrained(): void {
    if (this.#state !== 'held_back') return;
    this.#state = 'flowing';
    this.#waitForEndpoint();
    this.#input.response.stream.resume();
  }

  #waitForEndpoint(): void {
    this.#input.deadline.start(this.#input.idleMs, () => this.cut('idle_timeout'));
  }

  #waitForClient(): void {
    const { deadline, clientStallMs, res } = this.#input;
    deadline.start(clientStallMs, () => res.req.socket.destroy());
  }

  #abandon(): void {
    this.#finish();
    this.#input.deadline.stop();
    this.#input.response.stream.destroy();
  }

  #finish(): void {
    this.#state = 'done';
    this.#input.response.stream.forget();
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
