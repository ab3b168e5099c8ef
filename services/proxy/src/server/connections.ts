/**
 * The connections of clients: how many there may be, who gives way when places run out, and what was
 * asked last on each of them.
 *
 * A connection that has not shown a right key costs its owner nothing, so it has a short life, and
 * the oldest such one gives way to a new one. Those of people with keys stay.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Between two requests of somebody without a key: time for a page to load its parts. */
const IDLE_WITHOUT_KEY_MS = 5_000;

interface ClientConnection {
  readonly socket: Socket;
  readonly address: string;
  isKnown: boolean;
  /** Undefined before the first request. */
  last: { readonly req: IncomingMessage; readonly res: ServerResponse } | undefined;
  /**
   * The answer before the last one, where that was still to be given. Answers are given in order: when
   * it has been, all before have.
   */
  previous: ServerResponse | undefined;
  /** The last answer says that it is the last: what is asked behind it would never be answered. */
  isEnding: boolean;
  /** While this server closes: since when nothing is due on it, and what had been read by then. */
  rest: { readonly sinceAtMs: number; readonly bytesRead: number } | undefined;
}

export class Connections {
  readonly #limits: () => ConnectionLimits;
  readonly #all = new Map<Socket, ClientConnection>();
  /** The oldest first. */
  readonly #unknown = new Set<ClientConnection>();
  readonly #byAddress = new Map<string, number>();

  /** @param limits read for each new connection */
  constructor(limits: () => ConnectionLimits) {
    this.#limits = limits;
  }

  attach(server: Server): void {
    server.on('connection', (socket) => this.#add(socket));
  }

  /** The listener for a server: a request behind the last answer of its connection is not begun. */
  inOrder(listener: RequestListener): RequestListener {
    return (req, res) => {
      if (this.#begins(req, res)) listener(req, res);
    };
  }

  /**
   * Whether the connection can end with this answer, which then has to say so: no other request was read behind
   * it, and none is begun from now on. Its client may send those again.
   */
  endsWith(res: ServerResponse): boolean {
    const connection = this.#all.get(res.req.socket);
    if (connection === undefined) return true;
    if (connection.last?.res !== res) return false;
    connection.isEnding = true;
    return true;
  }

  /** Somebody who may be served asked on it. */
  markKnown(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.isKnown) return;
    connection.isKnown = true;
    this.#unknown.delete(connection);
  }

  /**
   * For what follows all requests that were read, or breaks the last one off: calls when the
   * answers before it have been given. `begun` means that bytes of its own answer have been sent.
   */
  inTurn(socket: Socket, act: (own: 'begun' | 'none') => void): void {
    const { last, previous } = this.#all.get(socket) ?? {};
    if (last === undefined) act('none');
    else if (last.req.complete) whenClosed(last.res, () => act('none'));
    else whenClosed(previous, () => act(last.res.headersSent ? 'begun' : 'none'));
  }

  /**
   * Ends those on which nothing has happened for `lingerMs`, counted from when this saw it first: it is called
   * again and again. A client may still have to take the end of its answer.
   */
  endIdle(nowMs: number, lingerMs: number): void {
    for (const connection of this.#all.values()) {
      const { socket, last, rest } = connection;
      const { bytesRead } = socket;
      if (last?.res.closed !== true || socket.writableLength > 0) connection.rest = undefined;
      else if (rest?.bytesRead !== bytesRead) connection.rest = { sinceAtMs: nowMs, bytesRead };
      else if (nowMs - rest.sinceAtMs >= lingerMs) socket.destroy();
    }
  }

  /** Ends those that were opened for later: Node takes them for busy. Browsers and SDKs have such. */
  endUnused(): void {
    for (const { socket, last } of this.#all.values()) {
      if (last === undefined && socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Ends those on which no answer is due, half a request or not. */
  endUnanswered(): void {
    for (const { socket, last } of this.#all.values()) {
      if (last === undefined || last.res.closed) socket.destroy();
    }
  }

  #begins(req: IncomingMessage, res: ServerResponse): boolean {
    const { socket } = req;
    const connection = this.#all.get(socket);
    if (connection === undefined) return true;
    if (connection.isEnding) return false;
    const before = connection.last?.res;
    // A request that has ended would live as long as the next one, with all that belongs to it.
    connection.previous = before?.closed === false ? before : undefined;
    connection.last = { req, res };
    if (connection.isKnown) return true;
    res.once('finish', () => {
      // Node has set the limit of idle connections by then, which may be shorter.
      if (connection.isKnown || (socket.timeout ?? 0) < IDLE_WITHOUT_KEY_MS) return;
      socket.setTimeout(IDLE_WITHOUT_KEY_MS);
    });
    return true;
  }

  #add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (!this.#makeRoom(address)) {
      socket.destroy();
      return;
    }
    const connection: ClientConnection = {
      ...{ socket, address, isKnown: false, isEnding: false },
      ...{ last: undefined, previous: undefined, rest: undefined },
    };
    this.#all.set(socket, connection);
    this.#unknown.add(connection);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    socket.once('close', () => this.#remove(connection));
  }

  #makeRoom(address: string): boolean {
    const { connections, connectionsPerAddress } = this.#limits();
    for (;;) {
      const isAddressFull = (this.#byAddress.get(address) ?? 0) >= connectionsPerAddress;
      if (!isAddressFull && this.#all.size < connections) return true;
      const leaving = this.#oldestUnknown(isAddressFull ? address : undefined);
      if (leaving === undefined) return false;
      this.#remove(leaving);
      leaving.socket.destroy();
    }
  }

  /** @param address Only of this one; undefined: of any. */
  #oldestUnknown(address: string | undefined): ClientConnection | undefined {
    for (const connection of this.#unknown) {
      if (address === undefined || connection.address === address) return connection;
    }
    return undefined;
  }

  #remove(connection: ClientConnection): void {
    if (!this.#all.delete(connection.socket)) return;
    this.#unknown.delete(connection);
    const { address } = connection;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }
}

function whenClosed(res: ServerResponse | undefined, act: () => void): void {
  if (res === undefined || res.closed) act();
  else res.once('close', act);
}
