import { once } from 'node:events';
import { createServer } from 'node:net';

import { ZephyrError } from '@zephyr/runtime/errors';
import { type Phrase, phrase } from '@zephyr/runtime/phrase';

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Who wants it, e.g. `the proxy (server.port)`. */
  readonly owner: Phrase;
  /** Advice if it is taken. */
  readonly advice: Phrase;
}

/** @throws ZephyrError `PORT_IN_USE` for the first port held by another program */
export async function requireFreePorts(ports: readonly WantedPort[]): Promise<void> {
  for (const wanted of ports.filter(({ port }) => port !== 0)) {
    const server = createServer();
    try {
      server.listen(wanted.port, wanted.host);
      await once(server, 'listening');
    } catch (error) {
      throw refusal(wanted, error as NodeJS.ErrnoException);
    } finally {
      server.close();
    }
  }
}

/** An alternative to suggest: `steps` higher, or lower if that is too close to 65535. */
export function otherPort(port: number, steps: number): number {
  return port + steps > 65_000 ? port - steps : port + steps;
}

function refusal({ host, port, owner, advice }: WantedPort, error: NodeJS.ErrnoException): Error {
  const whys: Readonly<Record<string, Phrase>> = {
    EADDRINUSE: phrase`another program is using it`,
    EACCES: phrase`this user may not open it; ports below 1024 need root`,
    EADDRNOTAVAIL: phrase`this machine has no address ${host}`,
  };
  const why = whys[error.code ?? ''] ?? error.message;
  return new ZephyrError('PORT_IN_USE', phrase`port ${port} for ${owner} is not free: ${why}`, {
    cause: error,
    advice: [advice],
  });
}
