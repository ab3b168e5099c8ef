/** A scripted endpoint of a bench in a separate process, which sends its port to its parent. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { VALID } from '@zephyr/testkit/tls-fixture';

/** With TLS if the first argument of the process is `tls`. */
export function serveUpstream(answer: RequestListener): void {
  const options = { keepAliveTimeout: 60_000 };
  const server =
    process.argv[2] === 'tls'
      ? createTlsServer({ ...options, key: VALID.key, cert: VALID.cert }, answer)
      : createServer(options, answer);
  server.listen(0, '127.0.0.1', 65_535, () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  process.on('disconnect', () => process.exit());
}
