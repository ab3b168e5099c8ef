/** A service that does nothing but what the launcher's tests ask it for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { runService, type ServiceName } from '@zephyr/runtime/service';

/**
 *     GET /environment   the variables that it was given
 *     GET /slow          an answer that starts now and ends after half a second
 *     GET /crash         ends the process
 */
export function runStubService(name: ServiceName): Promise<void> {
  return runService(name, async ({ environment }) => {
    const server = createServer((req, res) => {
      res.setHeader('connection', 'close');
      if (req.url === '/crash') process.kill(process.pid, 'SIGKILL');
      if (req.url === '/environment') res.end(JSON.stringify(environment));
      res.write('started ');
      setTimeout(() => res.end('ended'), 500);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      stop: async () => {
        server.close();
        await once(server, 'close');
      },
    };
  });
}
