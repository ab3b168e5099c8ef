/**
 * Listening sockets handed over by the process that this one replaces: `ZEPHYR_LISTEN_FDS` lists their
 * numbers, `4,5`. New connections wait in the shared accept queue meanwhile.
 */
import type { Server } from 'node:net';

import type { Environment } from '../environment.ts';

export const LISTEN_FDS = 'ZEPHYR_LISTEN_FDS';

/** A number is valid once: a restarted service has closed its socket. */
const taken = new Set<number>();

/** In the order of `RunningService.listeners`; empty: none, or already taken. */
export function takeListenFds(environment: Environment): readonly number[] {
  const fds = (environment[LISTEN_FDS] ?? '').split(',').filter((text) => text !== '');
  const fresh = fds.map(Number).filter((fd) => Number.isInteger(fd) && !taken.has(fd));
  for (const fd of fresh) taken.add(fd);
  return fresh;
}

/** @param fd of a listening socket; undefined: bind the address */
export function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  fd: number | undefined,
): void {
  if (fd === undefined) server.listen(port, host);
  else server.listen({ fd });
}
