/**
 * Writes the body of an answer to its client.
 *
 * Node hands the socket four pieces for each chunk of a chunked answer: its size, a line end, the data, a
 * line end. Joining the pieces of a small event first costs less than handing all four to the
 * kernel.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Up to here copying is cheaper; also the most that Node takes from its pool. */
const MAX_FRAMED_BYTES = 2_048;
const CR = 0x0d;
const LF = 0x0a;

export class BodyWriter {
  readonly #res: ServerResponse;
  /** The first chunk carries the headers along. */
  #hasBegun = false;
  /** Where to write chunks that are framed here, while Node holds nothing back; `null`: to be determined. */
  #framing: Socket | null = null;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** @returns false if the client is slow: wait for `onceDrained` before the next chunk. */
  write(chunk: Buffer): boolean {
    if (chunk.length > 0 && chunk.length <= MAX_FRAMED_BYTES) {
      this.#framing ??= this.#framingSocket();
      if (this.#framing !== null) return this.#framing.write(framed(chunk));
    }
    this.#hasBegun = true;
    this.#framing = null;
    return this.#res.write(chunk);
  }

  /** Writes the chunk that completes a body of known length, without a trailing empty piece. */
  end(chunk: Buffer): void {
    this.#res.end(chunk);
  }

  /** Calls back once the client has read what was written. */
  onceDrained(act: () => void): void {
    (this.#framingSocket() ?? this.#res).once('drain', act);
  }

  /**
   * `null` if the answer is not chunked, or Node still holds back the headers or a chunk, which must go
   * first. It does so while an earlier answer has the connection, and from 24.22 on until the next tick.
   */
  #framingSocket() {
    const { socket, chunkedEncoding, writableLength } = this.#res;
    if (!this.#hasBegun || !chunkedEncoding || socket === null) return null;
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
