/**
 * Where an upstream request ends. Left to Node, a GET or DELETE of unknown length goes without any
 * framing, and its body is read as the next request on that connection: one of the client's choice,
 * with the team's token beside it. So each request says how it is framed, and takes no byte beyond.
 */
import type { ClientRequest, OutgoingHttpHeaders, OutgoingMessage } from 'node:http';

import type { BodySink, Framing } from './body-source.ts';

/** As much as Node writes from its stack, headers included. */
const MAX_TEXT_BYTES = 8 * 1024;

/**
 * Ends a message. A small last chunk goes as text, one character for each byte, which Node joins to
 * the headers; as bytes, it would be a second piece, for which Node makes a list with memory of its own.
 */
export function endWith(message: OutgoingMessage, chunk: Buffer | undefined): void {
  if (chunk === undefined || chunk.length > MAX_TEXT_BYTES) message.end(chunk);
  else message.end(chunk.toString('latin1'), 'latin1');
}

export function addFraming(headers: OutgoingHttpHeaders, framing: Framing): void {
  if (framing.kind === 'length') headers['content-length'] = framing.bytes;
  else headers['transfer-encoding'] = 'chunked';
}

/** Lets exactly the announced bytes pass; anything else ends the connection. */
export class FramedSink implements BodySink {
  readonly #upstream: ClientRequest;
  /** Infinite for chunks, which Node frames one by one. */
  #leftBytes: number;

  constructor(upstream: ClientRequest, framing: Framing) {
    this.#upstream = upstream;
    this.#leftBytes = framing.kind === 'length' ? framing.bytes : Number.POSITIVE_INFINITY;
  }

  get writable(): boolean {
    return this.#upstream.writable;
  }

  write(chunk: Buffer): boolean {
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes < 0) return this.#refuse();
    return this.#upstream.write(chunk);
  }

  end(chunk?: Buffer): void {
    this.#leftBytes -= chunk?.length ?? 0;
    const isWhole = this.#leftBytes === 0 || this.#leftBytes === Number.POSITIVE_INFINITY;
    if (isWhole) endWith(this.#upstream, chunk);
    else this.#refuse();
  }

  destroy(): void {
    this.#upstream.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    this.#upstream.on(event, listener);
  }

  #refuse(): false {
    this.#upstream.destroy(new Error('the body does not match the framing of its request'));
    return false;
  }
}
