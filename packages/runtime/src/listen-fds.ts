/**
 * Sockets that listen already, handed over by the process that this one replaces: `ZEPHYR_LISTEN_FDS`
 * has their numbers, `4,5`. Whoever connects meanwhile waits in their queue, which both share.
 */
import type { Server } from 'node:net';

import type { Environment } from './environment.ts';

export const LISTEN_FDS = 'ZEPHYR_LISTEN_FDS';

/** A number is good once: a service that is started again has closed its socket. */
const taken = new Set<number>();

/** In the order of `RunningService.listeners`; empty: none, or they were taken before. */
export function takeListenFds(environment: Environment): readonly number[] {
  const fds = (environment[LISTEN_FDS] ?? '').split(',').filter((text) => text !== '');
  const fresh = fds.map(Number).filter((fd) => Number.isInteger(fd) && !taken.has(fd));
  for (const fd of fresh) taken.add(fd);
  return fresh;
}

/** @param fd of a socket that listens already; undefined: the address is taken */
export function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  fd: number | undefined,
): void {
  if (fd === undefined) server.listen(port, host);
  else server.listen({ fd });
}
