/** The answers of a scripted upstream, and the building blocks for custom ones. */
import { once } from 'node:events';
import type { Socket } from 'node:net';

/** One request as received, complete or not. */
export interface LedgerEntry {
  readonly method: string;
  readonly target: string;
  /** Lower-case names; repeated headers are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request line and headers, byte for byte. */
  readonly head: string;
  body: Buffer;
  complete: boolean;
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** When the peer closed or reset the connection during this request. */
  closedAtMs?: number;
}

/** The context in which a script answers one request. */
export interface Turn {
  readonly request: LedgerEntry;
  readonly socket: Socket;
  /** Settles when the whole body has arrived; may never settle. */
  readonly bodyComplete: Promise<void>;
}

/** Answers one request; may throw if the connection is lost. */
export type UpstreamScript = (turn: Turn) => void | Promise<void>;

export interface SseOptions {
  readonly text?: string;
  /** Pause between two events. */
  readonly gapMs?: number;
  /** Delay before the status line. */
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Included in each event, to identify its source. */
  readonly mark?: string;
  readonly deltas?: number;
}

/** A complete streaming answer. */
export function sse(options: SseOptions = {}): UpstreamScript {
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

/** The events of an answer on the wire. */
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

/**
 * An endpoint that accepts only requests with these headers, in lower case; undefined means that the header
 * must be absent. Others get 401.
 */
export function demanding(
  headers: Readonly<Record<string, string | undefined>>,
  script: UpstreamScript,
): UpstreamScript {
  const error = { type: 'authentication_error', message: 'a header is wrong or missing' };
  return (turn) => {
    const fits = Object.entries(headers).every(
      ([name, value]) => turn.request.headers[name] === value,
    );
    return (fits ? script : json({ type: 'error', error }, 401))(turn);
  };
}

/** A complete answer that does not stream. */
export function json(body: object = MESSAGE, code = 200): UpstreamScript {
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
): UpstreamScript {
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

/**
 * An endpoint whose token may send this many requests until the reset: each answer reports the remaining
 * number, and then it refuses with 429.
 */
export function rateLimited(about: {
  readonly requests: number;
  readonly resetAtMs: number;
}): UpstreamScript {
  let remaining = about.requests;
  return async (turn) => {
    const isRefused = remaining === 0;
    remaining = Math.max(0, remaining - 1);
    const headers = {
      'anthropic-ratelimit-requests-limit': String(about.requests),
      'anthropic-ratelimit-requests-remaining': String(remaining),
      'anthropic-ratelimit-requests-reset': new Date(about.resetAtMs).toISOString(),
    };
    await (isRefused ? status(429, headers) : sse({ headers }))(turn);
  };
}

/** Exactly these bytes once the request has arrived; then nothing. */
export function raw(
  bytes: string | Buffer,
  after: 'keep' | 'close' | 'reset' = 'keep',
): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(bytes);
    if (after === 'keep') return;
    await pause(30);
    if (after === 'close') socket.end();
    else socket.resetAndDestroy();
  };
}

/** A stream that ends in this way after this many events. */
export function cutSse(
  events: number,
  how: 'reset' | 'close' | 'clean_end' | 'silence',
): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of eventsOf().slice(0, events)) socket.write(chunk(event));
    // The written bytes must arrive before the reset.
    await pause(30);
    if (how === 'reset') socket.resetAndDestroy();
    else if (how === 'close') socket.end();
    else if (how === 'clean_end') socket.write(LAST_CHUNK);
  };
}

/** Sends the start of an answer and then about this many bytes of content, as fast as the peer reads. */
export function flood(bytes: number): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    for (const event of eventsOf().slice(0, 3)) socket.write(chunk(event));
    const closed = once(socket, 'close');
    const delta = chunk(
      `event: content_block_delta\ndata: {"type":"content_block_delta","x":"${'x'.repeat(60_000)}"}\n\n`,
    );
    for (let sent = 0; sent < bytes && !socket.destroyed; sent += delta.length) {
      if (!socket.write(delta)) await Promise.race([once(socket, 'drain'), closed]);
    }
  };
}

/** Reads the request and resets the connection. */
export function reset(): UpstreamScript {
  return async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.resetAndDestroy();
  };
}

/** Reads the request and never answers. */
export function hang(): UpstreamScript {
  return () => undefined;
}

/** Sends these bytes one at a time, `gapMs` apart. */
export function drip(bytes: string, gapMs: number): UpstreamScript {
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
