/** A service that does only what the launcher's tests ask for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { StartFunction } from '@zephyr/runtime/service/service';

/**
 *     GET /environment   the variables that it was given
 *     GET /slow          an answer that starts now and ends after half a second
 *     GET /endless       an answer that starts now and never ends
 *     GET /throw         an error that nobody catches
 *     GET /reject        the same, of a promise
 *     GET /hang          the same, and then it does not end
 */
export const startStub: StartFunction = async ({ environment }) => {
  let isHanging = false;
  const server = createServer((req, res) => {
    res.setHeader('connection', 'close');
    isHanging = req.url === '/hang';
    if (req.url === '/throw' || isHanging) setImmediate(fail);
    if (req.url === '/reject') Promise.resolve().then(fail);
    if (req.url === '/environment') res.end(JSON.stringify(environment));
    res.write('started ');
    if (req.url !== '/endless') setTimeout(() => res.end('ended'), 500);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      if (isHanging) await new Promise(() => undefined);
      await once(server, 'close');
    },
  };
};

function fail(): never {
  throw new Error('a fault of the stub');
}
