/**
 * An endpoint that trusts nothing: it stores each connection's bytes and parses them strictly by RFC 9112.
 * Anything that is not a whole request written by this proxy is a finding.
 */
import { createServer, type Socket } from 'node:net';

export interface RecordedRequest {
  readonly connection: number;
  readonly line: string;
  /** As written; excludes the request line. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface FramingRecorder {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Descriptions of bytes that should not have been written. */
  readonly findings: readonly string[];
  stop(): void;
}

/** `at_head`: before the body has arrived. */
export type AnswerTime = 'at_end' | 'at_head';

export async function startFramingRecorder(answerTime: AnswerTime): Promise<FramingRecorder> {
  const sockets = new Set<Socket>();
  const requests: RecordedRequest[] = [];
  const findings: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    connections += 1;
    const reader = new RecordedConnection(connections, answerTime, { socket, requests, findings });
    socket.on('data', (bytes: Buffer) => reader.push(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    findings,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

interface Ledger {
  readonly socket: Socket;
  readonly requests: RecordedRequest[];
  readonly findings: string[];
}

const REQUEST_LINE =
  /^(?:POST \/v1\/messages|POST \/v1\/messages\/count_tokens|GET \/v1\/models(?:\/[A-Za-z0-9%._-]+)?|(?:GET|POST|DELETE) \/v1\/extra) HTTP\/1\.1$/;
const HEADER = /^[a-z0-9-]+: [\x20-\x7e]*$/i;

class RecordedConnection {
  readonly #number: number;
  readonly #answerTime: AnswerTime;
  readonly #ledger: Ledger;
  #bytes = '';
  #answeredEarly = false;

  constructor(number: number, answerTime: AnswerTime, ledger: Ledger) {
    this.#number = number;
    this.#answerTime = answerTime;
    this.#ledger = ledger;
  }

  push(bytes: Buffer): void {
    this.#bytes += bytes.toString('latin1');
    while (this.#readRequest());
  }

  #readRequest(): boolean {
    const headEnd = this.#bytes.indexOf('\r\n\r\n');
    // The start of a head must be ours, too: bytes that never become one must not hide here.
    if (this.#bytes.length > 0 && !/^(?:P(?:O|$)|G(?:E|$)|D(?:E|$))/.test(this.#bytes)) {
      return this.#find('bytes that are no request', this.#bytes);
    }
    if (headEnd === -1) return false;
    const [line = '', ...headers] = this.#bytes.slice(0, headEnd).split('\r\n');
    if (!REQUEST_LINE.test(line) || !headers.every((header) => HEADER.test(header))) {
      return this.#find('a head that we do not write', this.#bytes);
    }
    const read = readBody(headers, this.#bytes.slice(headEnd + 4));
    if (read === 'wrong') return this.#find('wrong framing', this.#bytes);
    if (read === 'incomplete') {
      if (this.#answerTime === 'at_head' && !this.#answeredEarly) {
        this.#answeredEarly = true;
        this.#answer(line, '');
      }
      return false;
    }
    const { body, rest } = read;
    this.#ledger.requests.push({ connection: this.#number, line, headers, body });
    this.#bytes = rest;
    if (this.#answeredEarly) {
      // It may still be completed, but nothing may follow it.
      if (rest !== '') this.#find('a request after an early answer', rest);
      return false;
    }
    if (rest !== '') return this.#find('a request before the answer to the first', rest);
    this.#answer(line, body);
    return true;
  }

  #answer(line: string, body: string): void {
    const nonce = /nonce-\w+/.exec(body)?.[0] ?? '';
    const answer = line.includes('count_tokens')
      ? { input_tokens: 1, nonce }
      : { id: 'msg', type: 'message', role: 'assistant', content: [], nonce };
    const text = JSON.stringify(answer);
    this.#ledger.socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
  }

  #find(what: string, bytes: string): false {
    this.#ledger.findings.push(`${what}: ${JSON.stringify(bytes.slice(0, 300))}`);
    this.#ledger.socket.destroy();
    return false;
  }
}

type BodyResult = { readonly body: string; readonly rest: string } | 'incomplete' | 'wrong';

function readBody(headers: readonly string[], bytes: string): BodyResult {
  const framing = headers.filter((line) => /^(?:content-length|transfer-encoding):/i.test(line));
  const [only = ''] = framing;
  if (framing.length !== 1) return 'wrong';
  const length = /^content-length: (\d+)$/i.exec(only)?.[1];
  if (length !== undefined) {
    const end = Number(length);
    return bytes.length < end
      ? 'incomplete'
      : { body: bytes.slice(0, end), rest: bytes.slice(end) };
  }
  return /^transfer-encoding: chunked$/i.test(only) ? readChunks(bytes) : 'wrong';
}

/** Without extensions and trailers, which we never write. */
function readChunks(bytes: string): BodyResult {
  let at = 0;
  let body = '';
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return /^[0-9a-f]{0,8}\r?$/i.test(bytes.slice(at)) ? 'incomplete' : 'wrong';
    const size = bytes.slice(at, lineEnd);
    if (!/^[0-9a-f]{1,8}$/i.test(size)) return 'wrong';
    const dataAt = lineEnd + 2;
    const end = dataAt + Number.parseInt(size, 16);
    if (bytes.length < end + 2) return 'incomplete';
    if (bytes.slice(end, end + 2) !== '\r\n') return 'wrong';
    body += bytes.slice(dataAt, end);
    at = end + 2;
    if (end === dataAt) return { body, rest: bytes.slice(at) };
  }
}
