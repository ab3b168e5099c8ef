/**
 * A TCP proxy between a client and a server that injects faults: latency, a black hole, resets, a refused
 * port. One per client, so that one of several can be cut off.
 */
import { connect, createServer, type Socket } from 'node:net';

import { ReopenableListener } from './reopenable-listener.ts';

/** `open`: forwards. `black_hole`: accepts everything, forwards nothing. `slow`: delays each read. */
export type LineState =
  | { readonly kind: 'open' }
  | { readonly kind: 'black_hole' }
  | { readonly kind: 'slow'; readonly latencyMs: number };

export type FaultProxyTarget =
  | { readonly port: number; readonly host?: string | undefined }
  | { readonly path: string };

export interface FaultProxy {
  readonly port: number;
  /** Of clients, since the start. */
  readonly connectionsSeen: number;
  set(state: LineState): void;
  /**
   * Open connections go dead silently and for good, as when a firewall drops their state: both sides may
   * send and nothing arrives. New connections are not affected.
   */
  silence(): void;
  /** Resets all connections; new ones are accepted. */
  resetAll(): void;
  /** Refuses new connections and resets the open ones, until `open`. */
  refuse(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFaultProxy(target: FaultProxyTarget): Promise<FaultProxy> {
  const faultProxy = new TcpFaultProxy(target);
  await faultProxy.open();
  return faultProxy;
}

class TcpFaultProxy implements FaultProxy {
  readonly #target: FaultProxyTarget;
  readonly #sockets = new Set<Socket>();
  /** Silenced by `silence`. */
  readonly #dead = new WeakSet<Socket>();
  /** Buffered by the black hole, delivered when the line opens again. */
  readonly #waiting = new Set<() => void>();
  #state: LineState = { kind: 'open' };
  #connectionsSeen = 0;
  readonly #listener: ReopenableListener;

  constructor(target: FaultProxyTarget) {
    this.#target = target;
    this.#listener = new ReopenableListener(
      () => createServer((client) => this.#accept(client)),
      () => this.resetAll(),
    );
  }

  get port(): number {
    return this.#listener.port;
  }

  get connectionsSeen(): number {
    return this.#connectionsSeen;
  }

  set(state: LineState): void {
    this.#state = state;
    if (state.kind === 'black_hole') return;
    for (const give of this.#waiting) give();
    this.#waiting.clear();
  }

  silence(): void {
    for (const socket of this.#sockets) this.#dead.add(socket);
  }

  resetAll(): void {
    // A Unix socket cannot be reset.
    for (const socket of this.#sockets) {
      if (socket.remoteAddress === undefined) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  open(): Promise<void> {
    return this.#listener.open();
  }

  refuse(): Promise<void> {
    return this.#listener.refuse();
  }

  stop(): Promise<void> {
    return this.refuse();
  }

  #accept(client: Socket): void {
    this.#connectionsSeen += 1;
    const server =
      'path' in this.#target
        ? connect(this.#target.path)
        : connect(this.#target.port, this.#target.host ?? '127.0.0.1');
    this.#join(client, server);
    this.#join(server, client);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#dead.has(from)) to.destroy();
    });
    from.on('error', () => from.destroy());
    from.on('end', () => this.#pass(from, () => to.end()));
    from.on('data', (bytes: Buffer) => this.#pass(from, () => to.write(bytes)));
  }

  #pass(from: Socket, give: () => void): void {
    if (this.#dead.has(from)) return;
    if (this.#state.kind === 'open') give();
    else if (this.#state.kind === 'slow') setTimeout(give, this.#state.latencyMs);
    else this.#waiting.add(give);
  }
}
