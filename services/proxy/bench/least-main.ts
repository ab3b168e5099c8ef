/**
 * The least that a proxy which can send a request again does with the library: it buffers the body, sends it by
 * the product's transport, and relays the answer. It chooses, judges, limits and counts nothing. Its cost is
 * what the product cannot go below.
 *
 *     node least-main.ts <port of the upstream>
 */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { UpstreamEndpoint } from '../src/upstream/endpoints.ts';
import { createTransport } from '../src/upstream/transport.ts';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const target = { protocol: 'http:', host: `127.0.0.1:${port}`, hostname: '127.0.0.1', port };
const endpoint = { agent, freshAgent: agent, target } as unknown as UpstreamEndpoint;
const send = createTransport();

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { 'content-length': length, ...headers } = req.headers;
  req.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes === Number(length)) forward();
  });
  const forward = (): void => {
    const request = {
      ...{ method: req.method ?? 'GET', pathAndQuery: req.url ?? '/', headers },
      framing: { kind: 'length', bytes },
      body: {
        pipe: (destination) => {
          const last = chunks.pop();
          for (const chunk of chunks) destination.write(chunk);
          destination.end(last);
        },
      },
      isOnFreshConnection: false,
    } as const satisfies Parameters<typeof send>[1];
    send(endpoint, request, {
      onRequest: () => undefined,
      onError: () => res.destroy(),
      onResponse: (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    });
  };
});
server.listen(0, '127.0.0.1', 65_535, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());
