import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { BodyWriter } from './body-writer.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function serve(answer: (res: ServerResponse, url: string) => void): Promise<number> {
  const server = createServer((req, res) => answer(res, req.url ?? '')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function bodyOf(port: number): Promise<Buffer> {
  const req = request({ port, host: '127.0.0.1' }).end();
  const [res] = await once(req, 'response');
  return Buffer.concat(await res.toArray());
}

/** All data until the server closes or stops sending. */
async function talk(
  port: number,
  text: string,
  isWhole: (got: string) => boolean,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  stops.push(() => socket.destroy());
  socket.write(text);
  let got = '';
  for await (const chunk of socket) {
    got += (chunk as Buffer).toString('latin1');
    if (isWhole(got)) break;
  }
  return got;
}

/** Each byte encodes its position, so that a lost, duplicated or reordered one shows. */
function bytesFrom(start: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (start + index) % 251));
}

describe('BodyWriter', () => {
  it('writes every byte, whatever the chunk sizes', async () => {
    const sizes = [1, 15, 16, 255, 256, 2_047, 2_048, 2_049, 3, 100_000, 130, 4_096, 1];
    let at = 0;
    const chunks = sizes.map((size) => {
      const chunk = bytesFrom(at, size);
      at += size;
      return chunk;
    });
    const port = await serve((res) => {
      res.writeHead(200);
      const writer = new BodyWriter(res);
      for (const chunk of chunks) writer.write(chunk);
      res.end();
    });
    expect((await bodyOf(port)).equals(Buffer.concat(chunks))).toBe(true);
  });

  it('an empty chunk is not the end', async () => {
    const port = await serve((res) => {
      const writer = new BodyWriter(res);
      for (const text of ['a', '', 'b']) writer.write(Buffer.from(text));
      res.end();
    });
    expect((await bodyOf(port)).toString()).toBe('ab');
  });

  it.each([
    { name: 'HTTP/1.0', head: 'GET / HTTP/1.0\r\n\r\n', headers: {} },
    {
      name: 'a known length',
      head: 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      headers: { 'content-length': 3 },
    },
  ])('adds nothing to the body with $name', async ({ head, headers }) => {
    const port = await serve((res) => {
      res.writeHead(200, headers);
      const writer = new BodyWriter(res);
      for (const text of ['a', 'b', 'c']) writer.write(Buffer.from(text));
      res.end();
    });
    expect(await talk(port, head, (got) => got.endsWith('c'))).toMatch(/\r\n\r\nabc$/);
  });

  it('keeps the order while Node buffers a chunk', async () => {
    const first = bytesFrom(0, 20);
    const large = bytesFrom(20, 4_096);
    const small = bytesFrom(4_116, 20);
    const last = bytesFrom(4_136, 20);
    const port = await serve((res) => {
      const writer = new BodyWriter(res);
      writer.write(first);
      // As Node 24.22 itself does with the first chunk of a tick.
      res.cork();
      writer.write(large);
      writer.write(small);
      process.nextTick(() => {
        res.uncork();
        writer.write(last);
        res.end();
      });
    });
    expect((await bodyOf(port)).equals(bytesFrom(0, 4_156))).toBe(true);
  });

  it('waits its turn on a connection with an earlier answer', async () => {
    const later: (() => void)[] = [];
    const port = await serve((res, url) => {
      const writer = new BodyWriter(res);
      res.writeHead(200, { 'x-url': url });
      writer.write(Buffer.from(`${url} begins,`));
      const end = (): void => {
        writer.write(Buffer.from(`${url} continues,`));
        writer.write(Buffer.from(`${url} ends`));
        res.end();
      };
      // The second answer is complete before the first.
      if (url === '/first') later.push(end);
      else end();
      if (url === '/second') for (const act of later) act();
    });
    const both = ['/first', '/second']
      .map((url) => `GET ${url} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      .join('');
    const got = await talk(port, both, (text) => text.split('\r\n0\r\n').length === 3);
    const words = got.match(/\/\w+ (begins|continues|ends)/g);
    expect(words).toEqual([
      ...['/first begins', '/first continues', '/first ends'],
      ...['/second begins', '/second continues', '/second ends'],
    ]);
  });

  it('reports when a slow client has caught up', async () => {
    const chunk = bytesFrom(0, 2_000);
    let waited = 0;
    let given = 0;
    const port = await serve((res) => {
      const writer = new BodyWriter(res);
      const go = (): void => {
        while (given < 20_000) {
          given += 1;
          if (writer.write(chunk)) continue;
          waited += 1;
          writer.onceDrained(go);
          return;
        }
        res.end();
      };
      go();
    });
    expect((await bodyOf(port)).length).toBe(20_000 * 2_000);
    expect(waited).toBeGreaterThan(0);
  });
});
