/** A server that can refuse connections for a while and then listen on the same port again. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

export class ReopenableListener {
  readonly #create: () => Server;
  readonly #endConnections: () => void;
  #server: Server | undefined;
  /** 0 before it is first opened. */
  port = 0;

  constructor(create: () => Server, endConnections: () => void) {
    this.#create = create;
    this.#endConnections = endConnections;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = this.#create();
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  /** Refuses new connections and ends the open ones until it is opened again. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    this.#endConnections();
    await closed;
  }
}
