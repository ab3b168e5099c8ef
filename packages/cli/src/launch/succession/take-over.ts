/** The successor's side: reports when it serves, and hands its sockets to its own successor. */
import type { Server } from 'node:net';

import { SERVICE_NAMES } from '@zephyr/runtime/service-name';
import { VERSION } from '@zephyr/runtime/version';

import type { LaunchedSystem } from '../launcher.ts';
import { type FromNext, HAND_OVER } from './succession.ts';

/** Settles when the first process has ended, for whatever reason: no one else would stop this one. */
export function takeOver({ services }: LaunchedSystem): Promise<void> {
  process.on('message', (message) => {
    if (message !== HAND_OVER) return;
    const listeners = SERVICE_NAMES.flatMap((service) =>
      services[service].listeners().map((listener) => ({ service, listener })),
    );
    for (const [index, { service, listener }] of listeners.entries()) {
      send({ kind: 'listener', service, left: listeners.length - index - 1 }, listener);
    }
  });
  send({ kind: 'ready', version: VERSION });
  if (!process.connected) return Promise.resolve();
  return new Promise((resolve) => process.once('disconnect', () => resolve()));
}

/**
 * If sent as a server, the receiver would start accepting immediately, which it must not: so the raw socket
 * is sent, as in Node's cluster.
 */
function send(message: FromNext, listener?: Server): void {
  const socket = listener && (listener as unknown as { readonly _handle: Server })._handle;
  process.send?.(message, socket);
}
