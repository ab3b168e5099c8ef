/** The proxy library as shown in its README. */
import { Agent } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const app = express();
app.use(
  createProxyMiddleware({
    target: `http://127.0.0.1:${process.argv[2]}`,
    changeOrigin: true,
    agent,
  }),
);
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
server.keepAliveTimeout = 60_000;
process.on('disconnect', () => process.exit());
