/** Reads HTTP/1.1 requests from a connection: minimal and strict. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly head: string;
}

export interface ReaderEvents {
  onHead(head: RequestHead): void;
  onBody(chunk: Buffer): void;
  onComplete(): void;
}

type State =
  | { readonly at: 'head' }
  | { readonly at: 'body'; readonly left: number }
  | { readonly at: 'chunk_size' }
  | { readonly at: 'chunk'; readonly left: number }
  | { readonly at: 'trailer' };

export class RequestReader {
  readonly #events: ReaderEvents;
  #buffer: Buffer = Buffer.alloc(0);
  #state: State = { at: 'head' };
  #complete = Promise.withResolvers<void>();

  constructor(events: ReaderEvents) {
    this.#events = events;
  }

  /** Settles when the body of the latest request is complete. */
  get bodyComplete(): Promise<void> {
    return this.#complete.promise;
  }

  push(bytes: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    while (this.#step());
  }

  /** Whether there was enough data to make progress. */
  #step(): boolean {
    const { at } = this.#state;
    if (at === 'head') return this.#readHead();
    if (at === 'chunk_size') return this.#readChunkSize();
    if (at === 'trailer') return this.#readTrailer();
    return this.#readBytes(at, this.#state.left);
  }

  #readHead(): boolean {
    const text = this.#take('\r\n\r\n');
    if (text === undefined) return false;
    this.#complete = Promise.withResolvers<void>();
    const request = parseHead(text);
    const length = Number(request.headers['content-length'] ?? 0);
    const isChunked = request.headers['transfer-encoding']?.includes('chunked') === true;
    this.#state = isChunked ? { at: 'chunk_size' } : { at: 'body', left: length };
    this.#events.onHead(request);
    if (!isChunked && length === 0) this.#finish();
    return true;
  }

  #readBytes(at: 'body' | 'chunk', left: number): boolean {
    if (this.#buffer.length === 0) return false;
    const bytes = this.#buffer.subarray(0, left);
    this.#buffer = this.#buffer.subarray(bytes.length);
    if (bytes.length > 0) this.#events.onBody(bytes);
    const rest = left - bytes.length;
    if (rest > 0) {
      this.#state = { at, left: rest };
      return true;
    }
    if (at === 'body') this.#finish();
    else this.#state = { at: 'trailer' };
    return true;
  }

  #readChunkSize(): boolean {
    const line = this.#take('\r\n');
    if (line === undefined) return false;
    const size = Number.parseInt(line, 16);
    if (size > 0) {
      this.#state = { at: 'chunk', left: size };
      return true;
    }
    if (this.#take('\r\n') === undefined) {
      // The line break that ends the body has not arrived yet.
      this.#buffer = Buffer.concat([Buffer.from(`${line}\r\n`), this.#buffer]);
      return false;
    }
    this.#finish();
    return true;
  }

  /** The line break after a chunk. */
  #readTrailer(): boolean {
    if (this.#take('\r\n') === undefined) return false;
    this.#state = { at: 'chunk_size' };
    return true;
  }

  #finish(): void {
    this.#state = { at: 'head' };
    this.#events.onComplete();
    this.#complete.resolve();
  }

  #take(until: string): string | undefined {
    const end = this.#buffer.indexOf(until);
    if (end === -1) return undefined;
    const text = this.#buffer.subarray(0, end).toString('latin1');
    this.#buffer = this.#buffer.subarray(end + until.length);
    return text;
  }
}

function parseHead(text: string): RequestHead {
  const [line = '', ...fields] = text.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { method, target, headers, head: text };
}
