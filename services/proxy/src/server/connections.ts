/**
 * The connections of clients: how many there may be, which give way when slots run out, and the latest
 * request on each of them.
 *
 * A connection that has not presented a right key costs its owner nothing, so it has a short life, and the
 * oldest of them gives way to a new one. Those of people with keys stay.
 *
 * Who the client is:
 *
 *     unknown --(one of its requests is admitted)--> known
 *
 * Apart from that, the requests on a connection:
 *
 *     unused | open --(a request)-->                                  open
 *     open          --(its last answer is announced as the last)-->   ending
 *     ending        --(a request, which is not started)-->            ending
 *
 * While the server closes, a connection with requests is also polled:
 *
 *     busy --(nothing is due on it)-->          idle
 *     idle --(a request | bytes to send)-->     busy
 *     idle --(bytes were read)-->               idle from now on
 *     idle --(`lingerMs`)-->                    destroyed
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Between two requests without a key: time for a page to load its parts. */
const IDLE_WITHOUT_KEY_TIMEOUT_MS = 5_000;

interface ClientConnection {
  readonly socket: Socket;
  readonly address: string;
  client: 'unknown' | 'known';
  requests: Requests;
}

type Requests = { readonly status: 'unused' } | LatestRequest;

/** One object per request, which its transitions change. */
interface LatestRequest {
  /** `ending`: its answer is announced as the last, so that later requests would never be answered. */
  status: 'open' | 'ending';
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /**
   * The answer before this one, if it was still to be sent. Answers are sent in order: once it is, all
   * earlier ones are.
   */
  readonly previous: ServerResponse | undefined;
  activity: Activity;
}

type Activity =
  | { readonly status: 'busy' }
  /** `bytesRead`: by the moment it began. */
  | { readonly status: 'idle'; readonly sinceAtMs: number; readonly bytesRead: number };

const UNUSED: Requests = { status: 'unused' };
const BUSY: Activity = { status: 'busy' };

export class Connections {
  readonly #limits: () => ConnectionLimits;
  readonly #all = new Map<Socket, ClientConnection>();
  /** Oldest first. */
  readonly #unknown = new Set<ClientConnection>();
  readonly #byAddress = new Map<string, number>();

  /** @param limits read for each new connection */
  constructor(limits: () => ConnectionLimits) {
    this.#limits = limits;
  }

  attach(server: Server): void {
    server.on('connection', (socket) => this.#add(socket));
  }

  /** Wraps a server's listener: a request after the last answer of its connection is not started. */
  inOrder(listener: RequestListener): RequestListener {
    return (req, res) => {
      if (this.#begin(req, res)) listener(req, res);
    };
  }

  /**
   * Whether the connection can end with this answer, which must then announce it: no later request was read,
   * and none is started from now on. The client may resend those.
   */
  endsWith(res: ServerResponse): boolean {
    const connection = this.#all.get(res.req.socket);
    if (connection === undefined) return true;
    const { requests } = connection;
    if (requests.status === 'unused' || requests.res !== res) return false;
    requests.status = 'ending';
    return true;
  }

  /** Marks a connection whose client has been admitted. */
  markKnown(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined || connection.client === 'known') return;
    connection.client = 'known';
    this.#unknown.delete(connection);
  }

  /**
   * Runs `act` after the answers to earlier requests were sent: for data that follows them, or that breaks
   * off the last one. `begun`: bytes of the last request's own answer have been sent.
   */
  inTurn(socket: Socket, act: (own: 'begun' | 'none') => void): void {
    const requests = this.#all.get(socket)?.requests ?? UNUSED;
    if (requests.status === 'unused') {
      act('none');
      return;
    }
    const { req, res, previous } = requests;
    if (req.complete) whenClosed(res, () => act('none'));
    else whenClosed(previous, () => act(res.headersSent ? 'begun' : 'none'));
  }

  /**
   * Ends connections that have been idle for `lingerMs`, counted from the first call that saw them so: it is
   * called repeatedly. A client may still have to read the end of its answer.
   */
  endIdle(nowMs: number, lingerMs: number): void {
    for (const { socket, requests } of this.#all.values()) {
      if (requests.status === 'unused') continue;
      const { res, activity } = requests;
      const { bytesRead } = socket;
      if (!res.closed || socket.writableLength > 0) requests.activity = BUSY;
      else if (activity.status === 'busy' || activity.bytesRead !== bytesRead) {
        requests.activity = { status: 'idle', sinceAtMs: nowMs, bytesRead };
      } else if (nowMs - activity.sinceAtMs >= lingerMs) socket.destroy();
    }
  }

  /** Ends preconnected, unused ones, as opened by browsers and SDKs: Node considers them busy. */
  endUnused(): void {
    for (const { socket, requests } of this.#all.values()) {
      if (requests.status === 'unused' && socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Ends those with no answer due, even in the middle of a request. */
  endUnanswered(): void {
    for (const { socket, requests } of this.#all.values()) {
      if (requests.status === 'unused' || requests.res.closed) socket.destroy();
    }
  }

  #begin(req: IncomingMessage, res: ServerResponse): boolean {
    const { socket } = req;
    const connection = this.#all.get(socket);
    if (connection === undefined) return true;
    const { requests } = connection;
    if (requests.status === 'ending') return false;
    // Otherwise a finished request, and all it references, would live as long as the next one.
    const previous = requests.status === 'open' && !requests.res.closed ? requests.res : undefined;
    connection.requests = { status: 'open', req, res, previous, activity: BUSY };
    if (connection.client === 'known') return true;
    res.once('finish', () => {
      // Node has set its idle limit by then, which may be shorter.
      if (connection.client === 'known' || (socket.timeout ?? 0) < IDLE_WITHOUT_KEY_TIMEOUT_MS)
        return;
      socket.setTimeout(IDLE_WITHOUT_KEY_TIMEOUT_MS);
    });
    return true;
  }

  #add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (!this.#makeRoom(address)) {
      socket.destroy();
      return;
    }
    const connection: ClientConnection = { socket, address, client: 'unknown', requests: UNUSED };
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

  /** @param address only of this one; undefined: of any */
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
