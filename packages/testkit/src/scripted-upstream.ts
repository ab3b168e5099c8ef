/**
 * An endpoint scripted down to the byte: a raw TCP or TLS server, so that it can also break HTTP. It records
 * every request that reached it. The scripts are in upstream-scripts.ts.
 *
 *     const upstream = await startScriptedUpstream();
 *     upstream.next(status(529), sse());   // first 529, then a stream; afterwards the default
 *     upstream.always(hang());
 */
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

import { ReopenableListener } from './reopenable-listener.ts';
import { RequestReader } from './request-reader.ts';
import type { TlsIdentity } from './tls-fixture.ts';
import { type LedgerEntry, sse, type Turn, type UpstreamScript } from './upstream-scripts.ts';

export interface ScriptedUpstream {
  readonly port: number;
  readonly url: string;
  readonly ledger: readonly LedgerEntry[];
  readonly openConnections: number;
  readonly connectionsSeen: number;
  /** For the next requests, in order; then `always` again. */
  next(...scripts: readonly UpstreamScript[]): void;
  always(script: UpstreamScript): void;
  /** Closes the listener: connections are refused until `listen`. Open ones are destroyed. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  stop(): Promise<void>;
}

export interface UpstreamOptions {
  /** `ca` with `requestCert`: clients without a certificate from these are refused. */
  readonly tls?:
    | (TlsIdentity & Pick<TlsOptions, 'ca' | 'requestCert' | 'minVersion' | 'maxVersion'>)
    | undefined;
  readonly script?: UpstreamScript | undefined;
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
  readonly #queue: UpstreamScript[] = [];
  readonly #listener: ReopenableListener;
  #script: UpstreamScript;
  #connections = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#script = options.script ?? sse();
    this.#listener = new ReopenableListener(
      () => this.#createServer(),
      () => {
        for (const socket of this.#sockets) socket.destroy();
      },
    );
  }

  get port(): number {
    return this.#listener.port;
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

  next(...scripts: readonly UpstreamScript[]): void {
    this.#queue.push(...scripts);
  }

  always(script: UpstreamScript): void {
    this.#script = script;
  }

  listen(): Promise<void> {
    return this.#listener.open();
  }

  refuse(): Promise<void> {
    return this.#listener.refuse();
  }

  stop(): Promise<void> {
    return this.refuse();
  }

  #createServer(): Server {
    const { tls } = this.#options;
    const onSocket = (socket: Socket): void => this.#accept(socket);
    const server = tls === undefined ? createTcpServer(onSocket) : createTlsServer(tls, onSocket);
    server.on('tlsClientError', () => undefined);
    server.on('connection', (socket: Socket) => socket.on('error', () => undefined));
    return server;
  }

  #accept(socket: Socket): void {
    // Otherwise the kernel delays small events by 40 ms, and a test would measure that.
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
