/** A reverse proxy that serves a page under a path, as nginx and Caddy do: it removes the path. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PathFront {
  /** Includes the path. */
  readonly url: string;
  /** Requests outside the path. */
  readonly strays: readonly string[];
  stop(): void;
}

export async function startPathFront(path: string, behind: string): Promise<PathFront> {
  const strays: string[] = [];
  const server = createServer((req, res) => {
    const { method, headers, url = '' } = req;
    if (!url.startsWith(path)) {
      strays.push(url);
      res.writeHead(404).end();
      return;
    }
    const forwarded = { ...headers, 'x-forwarded-for': '127.0.0.1' };
    const onward = request(new URL(url.slice(path.length - 1), behind), {
      method,
      headers: forwarded,
    });
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    strays,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
