/**
 * An endpoint that does exactly what a test says, down to the byte: a raw TCP or TLS server, so
 * that it can also break HTTP. It keeps a ledger of every request that reached it.
 *
 *     const upstream = await startScriptedUpstream();
 *     upstream.next(status(529), sse());   // first 529, then a stream; afterwards the default
 *     upstream.always(hang());
 */
import { once } from 'node:events';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { RequestReader } from './request-reader.ts';

/** One request as it came, complete or not. */
export interface LedgerEntry {
  readonly method: string;
  readonly target: string;
  /** Lower-case names; a repeated header is joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request line and headers, byte for byte. */
  readonly head: string;
  body: Buffer;
  complete: boolean;
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** When the other side closed or reset the connection during this request. */
  closedAtMs?: number;
}

/** What a script has in hand to answer one request. */
export interface Turn {
  readonly request: LedgerEntry;
  readonly socket: Socket;
  /** When the whole body has come; never, if it never does. */
  readonly bodyComplete: Promise<void>;
}

/** Answers one request; may throw when the connection goes away. */
export type Script = (turn: Turn) => void | Promise<void>;

export interface ScriptedUpstream {
  readonly port: number;
  readonly url: string;
  readonly ledger: readonly LedgerEntry[];
  readonly openConnections: number;
  readonly connectionsSeen: number;
  /** For the next requests, in this order; then `always` again. */
  next(...scripts: readonly Script[]): void;
  always(script: Script): void;
  /** Closes the listener: connections are refused until `listen`. Open ones are destroyed. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  stop(): Promise<void>;
}

export interface UpstreamOptions {
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  readonly script?: Script | undefined;
}

export async function startScriptedUpstream(
  options: UpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const upstream = new Upstream(options);
  await upstream.listen();
  return upstream;
}

class Upstream implements ScriptedUpstream {
  readonly ledger: LedgerEntry[] = [];
  readonly #options: UpstreamOptions;
  readonly #sockets = new Set<Socket>();
  readonly #queue: Script[] = [];
  #script: Script;
  #server: Server | undefined;
  #connections = 0;
  port = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#script = options.script ?? sse();
  }

  get url(): string {
    return this.#options.tls === undefined
      ? `http://127.0.0.1:${this.port}`
      : `https://localhost:${this.port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get connectionsSeen(): number {
    return this.#connections;
  }

  next(...scripts: readonly Script[]): void {
    this.#queue.push(...scripts);
  }

  always(script: Script): void {
    this.#script = script;
  }

  async listen(): Promise<void> {
    const { tls } = this.#options;
    const onSocket = (socket: Socket): void => this.#accept(socket);
    const server = tls === undefined ? createTcpServer(onSocket) : createTlsServer(tls, onSocket);
    server.on('tlsClientError', () => undefined);
    server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  #accept(socket: Socket): void {
    // Without it the kernel holds small events back for 40 ms, and a test measures that.
    socket.setNoDelay(true);
    this.#connections += 1;
    const connection = this.#connections;
    this.#sockets.add(socket);
    let current: LedgerEntry | undefined;
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (current !== undefined) current.closedAtMs ??= performance.now();
    });
    socket.on('error', () => socket.destroy());
    const reader = new RequestReader({
      onHead: (head) => {
        current = { ...head, connection, body: Buffer.alloc(0), complete: false };
        this.ledger.push(current);
        this.#answer({ request: current, socket, bodyComplete: reader.bodyComplete });
      },
      onBody: (chunk) => {
        if (current !== undefined) current.body = Buffer.concat([current.body, chunk]);
      },
      onComplete: () => {
        if (current !== undefined) current.complete = true;
      },
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
  }

  #answer(turn: Turn): void {
    const script = this.#queue.shift() ?? this.#script;
    Promise.resolve(script(turn)).catch(() => turn.socket.destroy());
  }
}

// Scripts -----------------------------------------------------------------------------------------

export interface SseOptions {
  readonly text?: string;
  /** Between two events. */
  readonly gapMs?: number;
  /** Waits before the status line. */
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Put into each event, to see whose it is. */
  readonly mark?: string;
  readonly deltas?: number;
}

/** A whole streaming answer. */
export function sse(options: SseOptions = {}): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    await pause(options.delayMs ?? 0);
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream', ...options.headers }));
    for (const event of eventsOf(options)) {
      socket.write(chunk(event));
      await pause(options.gapMs ?? 0);
    }
    socket.write(LAST_CHUNK);
  };
}

/** The events of an answer as they go over the wire. */
export function eventsOf({ text = 'hello', mark = '', deltas = 3 }: SseOptions = {}): string[] {
  const event = (type: string, rest: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest, ...(mark === '' ? {} : { mark }) })}\n\n`;
  return [
    event('message_start', {
      message: { id: 'msg_1', type: 'message', role: 'assistant', usage: { input_tokens: 11 } },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: deltas }, (_, number) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text }, number }),
    ),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
    event('message_stop', {}),
  ];
}

/** A whole answer that does not stream. */
export function json(body: object = MESSAGE, code = 200): Script {
  return status(code, {}, JSON.stringify(body));
}

export const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 11, output_tokens: 7 },
};

/** An error answer in the shape of the Messages API. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
  body = JSON.stringify({ type: 'error', error: { type: errorTypeOf(code), message: 'scripted' } }),
): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(
      head(code, {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      }) + body,
    );
  };
}

/** Exactly these bytes, once the request is there; then nothing more. */
export function raw(bytes: string | Buffer, after: 'keep' | 'close' | 'reset' = 'keep'): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(bytes);
    if (after === 'keep') return;
    await pause(30);
    if (after === 'close') socket.end();
    else socket.resetAndDestroy();
  };
}

/** A stream that ends after so many events in this way. */
export function cutSse(events: number, how: 'reset' | 'close' | 'clean_end' | 'silence'): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of eventsOf().slice(0, events)) socket.write(chunk(event));
    // What was written must arrive before the reset does.
    await pause(30);
    if (how === 'reset') socket.resetAndDestroy();
    else if (how === 'close') socket.end();
    else if (how === 'clean_end') socket.write(LAST_CHUNK);
  };
}

/** Reads the request and resets the connection. */
export function reset(): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.resetAndDestroy();
  };
}

/** Reads the request and never answers. */
export function hang(): Script {
  return () => undefined;
}

/** One byte of this each `gapMs`. */
export function drip(bytes: string, gapMs: number): Script {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    for (const byte of bytes) {
      if (socket.destroyed) return;
      socket.write(byte);
      await pause(gapMs);
    }
  };
}

export function head(code: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${code} Scripted\r\n${lines.join('')}\r\n`;
}

export function chunkedHead(code: number, headers: Readonly<Record<string, string>>): string {
  return head(code, { ...headers, 'transfer-encoding': 'chunked' });
}

export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';

function errorTypeOf(code: number): string {
  if (code === 529) return 'overloaded_error';
  if (code === 429) return 'rate_limit_error';
  if (code === 401) return 'authentication_error';
  if (code === 403) return 'permission_error';
  return code >= 500 ? 'api_error' : 'invalid_request_error';
}

function pause(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
