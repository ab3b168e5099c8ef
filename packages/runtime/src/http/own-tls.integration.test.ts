/** Our own HTTPS, and what plain HTTP still gets on its port. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';

import { Secret } from '../secret.ts';
import { encrypt, refusingUnencrypted } from './own-tls.ts';

const certificateOf = ({ cert, key }: typeof VALID) => ({
  certificate: cert,
  key: new Secret(key),
});

/** @param from the reported remote address; undefined: the real one, this machine */
async function start(from?: string) {
  const clock = new ManualClock();
  const handler = refusingUnencrypted(
    (req, res) => {
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      req.on('end', () => res.end(`${'encrypted' in req.socket ? 'TLS' : 'plain'} ${bytes}`));
    },
    (_req, res) => res.writeHead(400).end('use https'),
  );
  const server: Server = createServer(handler);
  const tls = encrypt(server, certificateOf(VALID), clock);
  if (from !== undefined) {
    server.prependListener('connection', (socket: Socket) =>
      Object.defineProperty(socket, 'remoteAddress', { value: from }),
    );
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { clock, port, server, tls };
}

interface Asked {
  readonly port: number;
  readonly path?: string;
  readonly body?: Buffer | string;
}

async function ask(
  scheme: 'http' | 'https',
  { port, path = '/', body = '' }: Asked,
  agent?: Agent,
): Promise<string> {
  const options = { host: '127.0.0.1', port, path, method: 'POST' };
  const req =
    scheme === 'http'
      ? httpRequest(options)
      : httpsRequest({ ...options, ca: VALID.cert, ...(agent === undefined ? {} : { agent }) });
  req.end(body);
  const [res] = (await once(req, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  const parts: Buffer[] = [];
  for await (const part of res) parts.push(part);
  return `${res.statusCode} ${Buffer.concat(parts).toString()}`;
}

async function certificateAt(port: number): Promise<string> {
  const socket: TLSSocket = connectTls({
    host: '127.0.0.1',
    port,
    ca: [VALID.cert, WRONG_NAME.cert],
    checkServerIdentity: () => undefined,
  });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('a port with a certificate', () => {
  it('speaks HTTPS, several requests on a connection, of any size', async () => {
    const { port } = await start('192.0.2.7');
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    expect(await ask('https', { port, body: 'x' }, agent)).toBe('200 TLS 1');
    expect(await ask('https', { port, body: Buffer.alloc(3_000_000) }, agent)).toBe(
      '200 TLS 3000000',
    );
  });

  it('serves plain HTTP to this machine', async () => {
    const { port } = await start();
    expect(await ask('http', { port, body: Buffer.alloc(300_000) })).toBe('200 plain 300000');
  });

  it('redirects others to HTTPS in a message, but serves the watch pages', async () => {
    const { port } = await start('192.0.2.7');
    expect(await ask('http', { port })).toBe('400 use https');
    expect(await ask('http', { port, path: '/readyz' })).toBe('200 plain 0');
  });

  it('shows a renewed certificate to the next connection', async () => {
    const { port, tls } = await start();
    expect(await certificateAt(port)).toBe('localhost');
    tls.renew(certificateOf(WRONG_NAME));
    expect(await certificateAt(port)).toBe('elsewhere.test');
  });

  it('makes room for others while someone opens silent connections', async () => {
    const { port, server } = await start();
    const silent: Socket[] = [];
    onTestFinished(() => {
      for (const socket of silent) socket.destroy();
    });
    for (let count = 0; count < 1_000; count += 1) {
      const arrived = once(server, 'connection');
      silent.push(connect(port, '127.0.0.1'));
      await arrived;
    }
    const first = once(silent[0] as Socket, 'close');
    expect(await ask('https', { port })).toBe('200 TLS 0');
    await first;
    expect(await ask('https', { port })).toBe('200 TLS 0');
  });

  it('ends a connection whose handshake takes longer than ten seconds, and no other', async () => {
    const { clock, port, server } = await start();
    let opened = 0;
    server.on('connection', () => {
      opened += 1;
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    expect(await ask('https', { port }, agent)).toBe('200 TLS 0');
    const silent = connect(port, '127.0.0.1');
    await once(server, 'connection');
    const halfWay = connect(port, '127.0.0.1');
    await once(server, 'connection');
    halfWay.write(Buffer.of(0x16, 3, 1));
    const plain = connect(port, '127.0.0.1');
    const [served] = (await once(server, 'connection')) as [Socket];
    plain.write('GET / HTTP/1.1\r\n');
    await eventually(() => expect(served.bytesRead).toBeGreaterThan(0));
    clock.advance(9_999);
    expect(silent.destroyed || halfWay.destroyed).toBe(false);
    const ended = Promise.all([once(silent, 'close'), once(halfWay, 'close')]);
    clock.advance(1);
    await ended;
    expect(await ask('https', { port }, agent)).toBe('200 TLS 0');
    expect(opened).toBe(4);
    plain.write('host: x\r\n\r\n');
    expect(String((await once(plain, 'data'))[0])).toMatch(/^HTTP\/1.1 200/);
    plain.destroy();
  });

  it('closes despite a silent connection', async () => {
    const { port, server, tls } = await start();
    const silent = connect(port, '127.0.0.1');
    await once(server, 'connection');
    const closed = once(server, 'close');
    server.close();
    tls.endArriving();
    await Promise.all([closed, once(silent, 'close')]);
  });
});
