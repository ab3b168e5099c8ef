/**
 * The minimum that Node needs to forward a request by hand: the practical limit.
 *
 *     node raw-main.ts <port of the upstream> [tls]
 */
import { Agent, createServer, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';

const port = Number(process.argv[2]);
const isTls = process.argv[3] === 'tls';
const request = isTls ? requestTls : requestPlain;
const agent = new (isTls ? TlsAgent : Agent)({
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  scheduling: 'lifo',
});

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const upstream = request(
    { host: '127.0.0.1', port, method: req.method, path: req.url, headers: req.headers, agent },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    },
  );
  upstream.on('error', () => res.destroy());
  req.pipe(upstream);
});
server.listen(0, '127.0.0.1', 65_535, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());
