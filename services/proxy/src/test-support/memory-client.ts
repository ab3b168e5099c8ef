/**
 * A client of a real HTTP server over a connection in memory: it takes bytes when the test says so, and shows
 * what it has got. Nothing of it outlives the test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';

type Taken = (error?: Error | null) => void;

/** A slow client is behind with more than this; an event is longer. */
export const SLOW_BYTES = 100;

/** What the proxy uses of a `net.Socket`. */
export class MemoryConnection extends Duplex {
  isSlow: boolean;
  /** As text, one character per byte. */
  received = '';
  isReset = false;
  #waiting: { readonly bytes: Buffer; readonly taken: Taken } | undefined;

  constructor(isSlow: boolean) {
    super({ writableHighWaterMark: isSlow ? SLOW_BYTES : 64 * 1_024 });
    this.isSlow = isSlow;
  }

  /** As of a socket: with those that wait to be taken. */
  get bytesWritten(): number {
    return this.received.length + this.writableLength;
  }

  /**
   * Of a slow client: takes one write, which is a part of a chunk.
   *
   * @returns false if there was none
   */
  takeOne(): boolean {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return false;
    this.received += waiting.bytes.toString('latin1');
    waiting.taken();
    return true;
  }

  /** From now on it takes everything, until it is slow again. */
  catchUp(): void {
    this.isSlow = false;
    this.takeOne();
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  resetAndDestroy(): void {
    this.isReset = true;
    this.destroy();
  }

  override _read(): void {
    // The requests are pushed.
  }

  override _write(bytes: Buffer, _encoding: string, taken: Taken): void {
    this.#waiting = { bytes, taken };
    if (!this.isSlow) this.takeOne();
  }
}

export interface MemoryClientOptions {
  readonly isSlow?: boolean | undefined;
  readonly httpVersion?: '1.0' | '1.1' | undefined;
}

/** Of its requests the first is `/1`; with `count` they are sent together, before any answer. */
export async function requestsOf(
  { isSlow = false, httpVersion = '1.1' }: MemoryClientOptions,
  count = 1,
): Promise<{ readonly connection: MemoryConnection; readonly responses: ServerResponse[] }> {
  const responses: ServerResponse[] = [];
  const server = createServer((_req: IncomingMessage, res) => responses.push(res));
  const connection = new MemoryConnection(isSlow);
  server.emit('connection', connection);
  for (let number = 1; number <= count; number += 1) {
    connection.push(`GET /${number} HTTP/${httpVersion}\r\nhost: proxy\r\n\r\n`);
  }
  await settled();
  return { connection, responses };
}

/** Until everything that is due now has happened: ticks, and the events of streams. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether a client considers it whole. */
  readonly isWhole: boolean;
}

/** Undefined if its headers are not complete. */
export function answerIn(text: string): ReceivedAnswer | undefined {
  const bodyAt = text.indexOf('\r\n\r\n');
  if (bodyAt === -1) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, bodyAt).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(': ', 2);
      return [name.toLowerCase(), value];
    }),
  );
  const rest = text.slice(bodyAt + 4);
  const length = headers['content-length'];
  const framed = length === undefined ? chunksIn(rest) : bytesIn(rest, Number(length));
  return { status: Number(statusLine.split(' ')[1]), headers, ...framed };
}

function bytesIn(text: string, length: number) {
  return { body: text.slice(0, length), isWhole: text.length >= length };
}

function chunksIn(text: string) {
  let body = '';
  for (let rest = text; ; ) {
    const dataAt = rest.indexOf('\r\n') + 2;
    const size = Number.parseInt(rest, 16);
    if (dataAt === 1 || !(size > 0)) return { body, isWhole: size === 0 };
    body += rest.slice(dataAt, dataAt + size);
    rest = rest.slice(dataAt + size + 2);
  }
}
