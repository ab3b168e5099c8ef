/**
 * A TCP load balancer as a site has in front of its proxies: round robin over the ready ones; no other
 * knowledge of HTTP. A replica may be replaced in the list at any time.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { call } from './http-call.ts';

const POLL_MS = 100;

export interface Replica {
  readonly port: number;
}

export interface Balancer<Of extends Replica> {
  readonly port: number;
  readonly replicas: Of[];
  stop(): void;
}

export async function startBalancer<Of extends Replica>(replicas: Of[]): Promise<Balancer<Of>> {
  let ready: readonly Of[] = [...replicas];
  let next = 0;
  const isReady = async ({ port }: Of): Promise<boolean> =>
    (await call(port, { method: 'GET', path: '/readyz', body: '' })).status === 200;
  const check = async (): Promise<void> => {
    const asked = [...replicas];
    const answers = await Promise.all(asked.map(isReady));
    ready = asked.filter((_, index) => answers[index] === true);
  };
  const checks = setInterval(() => void check(), POLL_MS);
  const server = createServer((client: Socket) => {
    next += 1;
    const target = connect(ready[next % ready.length]?.port ?? 1, '127.0.0.1');
    client.pipe(target).pipe(client);
    for (const [socket, peer] of [
      [client, target],
      [target, client],
    ] as const) {
      socket.on('error', () => peer.destroy());
      socket.on('close', () => peer.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    replicas,
    stop: () => {
      clearInterval(checks);
      server.close();
    },
  };
}
