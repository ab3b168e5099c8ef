/** Clients for tests: one that observes exactly how an answer ended, and one that sends raw bytes. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';

export interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  /** Receives each chunk as it arrives; may abort through the signal. */
  readonly onChunk?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface CallResult {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `clean`: with a proper end. `cut`: the connection broke before it. `failed`: no answer. */
  readonly end: 'clean' | 'cut' | 'failed';
  readonly firstByteMs: number;
  readonly totalMs: number;
}

const oneShot = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** A streaming request as Claude Code sends it, with `stream` as the last key. */
export const STREAM_BODY = JSON.stringify({
  model: 'claude-haiku-4-5',
  messages: [{ role: 'user', content: 'hello' }],
  max_tokens: 64,
  stream: true,
});

/** Never rejects: how it ended is part of the result. */
export function call(port: number, options: CallOptions = {}): Promise<CallResult> {
  const startedAtMs = performance.now();
  const body = options.body ?? STREAM_BODY;
  return new Promise((resolve) => {
    let firstByteMs = Number.NaN;
    const done = (end: CallResult['end'], response?: IncomingMessage, text = ''): void =>
      resolve({
        status: response?.statusCode ?? 0,
        headers: response?.headers ?? {},
        text,
        end,
        firstByteMs,
        totalMs: performance.now() - startedAtMs,
      });
    const req = request({
      host: '127.0.0.1',
      port,
      method: options.method ?? 'POST',
      path: options.path ?? '/v1/messages?beta=true',
      agent: options.agent ?? oneShot,
      headers: {
        'content-type': 'application/json',
        ...(body.length === 0 ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...options.headers,
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    req.on('error', () => done('failed'));
    req.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        if (Number.isNaN(firstByteMs)) firstByteMs = performance.now() - startedAtMs;
        text += chunk.toString();
        options.onChunk?.(text);
      });
      response.on('error', () => undefined);
      response.on('close', () => done(response.complete ? 'clean' : 'cut', response, text));
    });
    req.end(body);
  });
}

export interface RawResult {
  /** All bytes received. */
  readonly text: string;
  readonly closedBy: 'peer' | 'limit' | 'us';
}

/** How long a test waits for an answer or the end of a connection, even on a busy machine. */
const TIMEOUT_MS = 120_000;

/**
 * Sends these bytes on one connection and collects the answer until the connection closes.
 * @param until stops earlier: once the answer matches, or after so many milliseconds
 */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  until: number | RegExp = TIMEOUT_MS,
): Promise<RawResult> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (closedBy: RawResult['closedBy']): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ text, closedBy });
    };
    const timeoutMs = typeof until === 'number' ? until : TIMEOUT_MS;
    const limit = setTimeout(() => finish('limit'), timeoutMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (typeof until !== 'number' && until.test(text)) finish('us');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => finish('peer'));
    socket.write(bytes);
  });
}
