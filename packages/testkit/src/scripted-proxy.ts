/**
 * A scripted outbound proxy: HTTP with CONNECT, the same over TLS, or SOCKS5. It really connects, unless its
 * script says otherwise, and records the requested targets.
 */
import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import type { TlsIdentity } from './tls-fixture.ts';

/**
 * - `connect`: to the requested target; `status`: refuses with it (SOCKS: a reply code)
 * - `silent`: never answers; `garbage`: speaks another protocol; `close`: ends the connection
 */
export type ProxyScript =
  | { readonly kind: 'connect' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'silent' | 'garbage' | 'close' };

export interface ScriptedProxyOptions {
  readonly kind: 'http' | 'https' | 'socks5';
  /** `user:password`; others are refused. */
  readonly credentials?: string;
  /** For a proxy that is reached over TLS. */
  readonly tls?: TlsIdentity;
  /** The local port to connect to for any host and port. */
  readonly portOf?: (authority: string) => number;
}

export interface ScriptedProxy {
  readonly port: number;
  readonly url: string;
  /** `host:port` of each tunnel that was requested with the right credentials. */
  readonly asked: readonly string[];
  readonly openConnections: number;
  always(script: ProxyScript): void;
  /** Destroys all tunnels; new ones work again. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startScriptedProxy(options: ScriptedProxyOptions): Promise<ScriptedProxy> {
  const proxy = new Outbound(options);
  await proxy.listen();
  return proxy;
}

class Outbound implements ScriptedProxy {
  readonly asked: string[] = [];
  readonly #options: ScriptedProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #script: ProxyScript = { kind: 'connect' };

  constructor(options: ScriptedProxyOptions) {
    this.#options = options;
    const onSocket = (socket: Socket): void => this.#accept(socket);
    this.#server =
      options.tls === undefined
        ? createTcpServer(onSocket)
        : createTlsServer({ ...options.tls }, onSocket);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.kind}://localhost:${this.port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  always(script: ProxyScript): void {
    this.#script = script;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.#script.kind === 'close') socket.destroy();
    // Must be read for its end to be noticed.
    else if (this.#script.kind === 'silent') socket.resume();
    else if (this.#script.kind === 'garbage') socket.resume().write('220 mail.example\r\n\r\n');
    else if (this.#options.kind === 'socks5') void this.#speakSocks(socket);
    else void this.#speakHttp(socket);
  }

  async #speakHttp(socket: Socket): Promise<void> {
    const head = await readUntil(socket, endOfHead);
    const text = head.toString('latin1');
    const [, authority] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(text) ?? [];
    const answer = (line: string, more = '') => socket.write(`HTTP/1.1 ${line}\r\n${more}\r\n`);
    if (authority === undefined) {
      answer('400 Bad Request', 'content-length: 0\r\n');
      return;
    }
    const [, given = ''] = /\r\nproxy-authorization: Basic (\S+)\r\n/i.exec(text) ?? [];
    const wanted = this.#options.credentials;
    if (wanted !== undefined && Buffer.from(given, 'base64').toString() !== wanted) {
      answer('407 Proxy Authentication Required', 'proxy-authenticate: Basic realm="proxy"\r\n');
      return;
    }
    this.asked.push(authority);
    if (this.#script.kind === 'status') {
      const { status } = this.#script;
      answer(`${status} No`, 'content-length: 6\r\n');
      socket.write('denied');
      return;
    }
    this.#join(socket, authority, () => answer('200 Connection established'));
  }

  async #speakSocks(socket: Socket): Promise<void> {
    const greeting = await readUntil(socket, (bytes) => 2 + (bytes[1] ?? Number.NaN));
    const methods = [...greeting.subarray(2)];
    const { credentials } = this.#options;
    const method = credentials === undefined ? 0 : 2;
    if (!methods.includes(method)) {
      socket.end(Buffer.from([5, 0xff]));
      return;
    }
    socket.write(Buffer.from([5, method]));
    if (credentials !== undefined && !(await isLoggedIn(socket, credentials))) {
      socket.end(Buffer.from([1, 1]));
      return;
    }
    if (credentials !== undefined) socket.write(Buffer.from([1, 0]));
    const request = await readUntil(socket, lengthOfRequest);
    const port = request.readUInt16BE(request.length - 2);
    const host =
      request[3] === 3
        ? request.subarray(5, -2).toString()
        : request.subarray(4, -2).join(request[3] === 1 ? '.' : ',');
    this.asked.push(`${host}:${port}`);
    const reply = (code: number) => socket.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
    if (this.#script.kind === 'status') reply(this.#script.status);
    else this.#join(socket, `${host}:${port}`, () => reply(0));
  }

  #join(socket: Socket, authority: string, onConnected: () => void): void {
    const { portOf } = this.#options;
    const port = portOf?.(authority) ?? Number(authority.split(':').at(-1));
    const other = connect({ port, host: '127.0.0.1' }, () => {
      onConnected();
      socket.pipe(other).pipe(socket);
    });
    other.setNoDelay(true);
    other.on('error', () => socket.destroy());
    other.on('close', () => socket.destroy());
    socket.on('close', () => other.destroy());
  }
}

async function isLoggedIn(socket: Socket, credentials: string): Promise<boolean> {
  const login = await readUntil(socket, (bytes) => {
    const userBytes = bytes[1] ?? Number.NaN;
    return 3 + userBytes + (bytes[2 + userBytes] ?? Number.NaN);
  });
  const userEnd = 2 + (login[1] ?? 0);
  const user = login.subarray(2, userEnd).toString();
  return `${user}:${login.subarray(userEnd + 1).toString()}` === credentials;
}

function lengthOfRequest(bytes: Buffer): number {
  if (bytes[3] === 1) return 10;
  if (bytes[3] === 4) return 22;
  return 7 + (bytes[4] ?? Number.NaN);
}

/** @param lengthOf length of the whole message, if already known; the rest is put back */
function readUntil(
  socket: Socket,
  lengthOf: (bytes: Buffer) => number | undefined,
): Promise<Buffer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const length = lengthOf(bytes);
      if (length === undefined || Number.isNaN(length) || bytes.length < length) return;
      socket.off('data', onData);
      socket.pause();
      if (bytes.length > length) socket.unshift(bytes.subarray(length));
      resolve(bytes.subarray(0, length));
    };
    socket.on('data', onData);
    socket.resume();
  });
}

function endOfHead(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  return end === -1 ? undefined : end + 4;
}
