/**
 * The end of an upstream request. Node would send a GET or DELETE of unknown length without any framing, so
 * its body would be read as the next request on that connection: one chosen by the client, carrying the
 * team's token. So each request declares its framing, and accepts no byte beyond it.
 */
import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';

import type { BodySink, Framing } from './body-source.ts';

export function addFraming(headers: OutgoingHttpHeaders, framing: Framing): void {
  if (framing.kind === 'length') headers['content-length'] = framing.bytes;
  else headers['transfer-encoding'] = 'chunked';
}

/** Passes exactly the declared bytes; anything else ends the connection. */
export class FramedSink implements BodySink {
  readonly #upstream: ClientRequest;
  /** Infinite for chunked bodies, which Node frames chunk by chunk. */
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
    if (this.#leftBytes < 0) return this.#reject();
    return this.#upstream.write(chunk);
  }

  end(chunk?: Buffer): void {
    this.#leftBytes -= chunk?.length ?? 0;
    const isWhole = this.#leftBytes === 0 || this.#leftBytes === Number.POSITIVE_INFINITY;
    if (isWhole) this.#upstream.end(chunk);
    else this.#reject();
  }

  destroy(): void {
    this.#upstream.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    this.#upstream.on(event, listener);
  }

  #reject(): false {
    this.#upstream.destroy(new Error('the body does not match the framing of its request'));
    return false;
  }
}
