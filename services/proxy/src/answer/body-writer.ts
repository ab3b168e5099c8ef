/**
 * Writes the body of an answer to its client.
 *
 * Node hands the socket four pieces for each chunk of a chunked answer: its size, a line end, the data, a
 * line end. Joining the pieces of a small event first costs less than handing all four to the
 * kernel.
 *
 *     headers_due --(the first chunk, which carries them along)-->            by_node
 *     by_node     --(a small chunk, while Node buffers nothing)-->         framed here: the socket
 *     framed here --(a chunk that is large or empty)-->                       by_node
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Up to here copying is cheaper; also the most that Node takes from its pool. */
const MAX_FRAMED_BYTES = 2_048;
const CR = 0x0d;
const LF = 0x0a;

/** A socket: the one to write chunks to that are framed here. No object around it: there is one per answer. */
type WayOut = 'headers_due' | 'by_node' | Socket;

export class BodyWriter {
  readonly #res: ServerResponse;
  #way: WayOut = 'headers_due';

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** @returns false if the client is slow: wait for `onceDrained` before the next chunk. */
  write(chunk: Buffer): boolean {
    if (chunk.length > 0 && chunk.length <= MAX_FRAMED_BYTES) {
      if (this.#way === 'by_node') this.#way = this.#framingSocket() ?? 'by_node';
      if (typeof this.#way === 'object') return this.#way.write(framed(chunk));
    }
    this.#way = 'by_node';
    return this.#res.write(chunk);
  }

  /** Writes the chunk that completes a body of known length, without a trailing empty piece. */
  end(chunk: Buffer): void {
    this.#res.end(chunk);
  }

  /** Calls back once the client has read what was written. */
  onceDrained(act: () => void): void {
    const socket = this.#way === 'headers_due' ? null : this.#framingSocket();
    (socket ?? this.#res).once('drain', act);
  }

  /**
   * `null` if the answer is not chunked, or Node still buffers the headers or a chunk, which must go
   * first. It does so while an earlier answer has the connection, and from 24.22 on until the next tick.
   */
  #framingSocket() {
    const { socket, chunkedEncoding, writableLength } = this.#res;
    if (!chunkedEncoding || socket === null) return null;
    return writableLength === socket.writableLength ? socket : null;
  }
}

/** One chunk in wire format. RFC 9112, section 7.1. */
function framed(chunk: Buffer): Buffer {
  const size = chunk.length.toString(16);
  const dataAt = size.length + 2;
  const endAt = dataAt + chunk.length;
  const bytes = Buffer.allocUnsafe(endAt + 2);
  bytes.write(size, 'latin1');
  bytes[dataAt - 2] = CR;
  bytes[dataAt - 1] = LF;
  chunk.copy(bytes, dataAt);
  bytes[endAt] = CR;
  bytes[endAt + 1] = LF;
  return bytes;
}
