/** The shipped Caddy and nginx files in front of a real proxy: streams, sizes, no key in a log. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { MIB } from '@zephyr/contract/units';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { VALID } from '@zephyr/testkit/tls-fixture';
import {
  chunk,
  chunkedHead,
  eventsOf,
  json,
  LAST_CHUNK,
  MESSAGE,
} from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Rig, type RigOptions, startRig } from '../test-support/rig.ts';

const files = join(import.meta.dirname, '../../../../deploy/tls');
const NAME = 'zephyr.example.lan';
const KEYS = { authorization: 'Bearer canary-key-4711', 'x-api-key': 'canary-key-4711' };
const clientKeys = [
  { name: 'ann', sha256: createHash('sha256').update('canary-key-4711').digest('hex') },
];

interface Front {
  readonly port: number;
  /** The CA of its certificate. */
  ca(): string;
  /** All its output, to files and to the console. */
  logs(): string;
}
interface FrontOptions {
  readonly folder: string;
  readonly port: number;
  readonly proxyPort: number;
}

const fronts = { caddy, nginx } as const;

describe.each(['caddy', 'nginx'] as const)('%s in front', (name) => {
  const isThere = spawnSync(name, [name === 'nginx' ? '-v' : 'version']).error === undefined;
  if (!isThere) console.log(`tls: ${name} is not installed, its file is not tried`);

  it.skipIf(!isThere)('passes on each event immediately', async () => {
    const { rig, front } = await start(name);
    const events = eventsOf();
    const firstContent = events.findIndex((event) => event.includes('content_block_delta'));
    const given = Promise.withResolvers<void>();
    rig.first.always(async ({ socket }) => {
      socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
      // Until there is content, the proxy itself buffers them for a failover.
      for (const event of events.slice(0, firstContent + 1)) socket.write(chunk(event));
      // The others are sent only once the client has these, so that buffering would show.
      await given.promise;
      for (const event of events.slice(firstContent + 1)) socket.write(chunk(event));
      socket.write(LAST_CHUNK);
    });
    const response = await ask(front, JSON.stringify({ ...REQUEST, stream: true }));
    let answer = '';
    for await (const part of response) {
      answer += part;
      if (answer.includes('content_block_delta')) given.resolve();
    }
    expect(response.statusCode).toBe(200);
    expect(answer).toContain('message_stop');
  });

  it.skipIf(!isThere)('makes no client local: without keys all get a 401', async () => {
    const { rig, front } = await start(name, { clientKeys: [] });
    for (let round = 0; round < 2; round += 1) {
      expect((await ask(front, JSON.stringify(REQUEST))).resume().statusCode).toBe(401);
      expect((await call(rig.proxy.port)).status).toBe(200);
    }
  });

  it.skipIf(!isThere)('reports whose wrong keys they are, if it is trusted', async () => {
    const { rig, front } = await start(name, {
      clientKeys,
      server: { trustedProxies: ['127.0.0.1'] },
    });
    const wrong = async (headers: Readonly<Record<string, string>>) =>
      (await ask(front, JSON.stringify(REQUEST), { ...WRONG, ...headers })).resume().statusCode;
    for (let round = 0; round < 20; round += 1) await wrong({});
    // An address made up by the client does not help it.
    expect(await wrong({ 'x-forwarded-for': '203.0.113.7' })).toBe(429);
    expect((await ask(front, JSON.stringify(REQUEST))).resume().statusCode).toBe(200);
    expect(rig.proxy.log()).not.toContain('canary');
  });

  it.skipIf(!isThere)('passes a large request, and logs no key', async () => {
    const { rig, front } = await start(name);
    rig.first.always(json());
    const content = 'x'.repeat(4 * MIB);
    const body = JSON.stringify({ ...REQUEST, messages: [{ role: 'user', content }] });
    const response = await ask(front, body);
    expect([response.statusCode, JSON.parse(await text(response))]).toEqual([200, MESSAGE]);
    await eventually(() => expect(front.logs()).toContain('/v1/messages'));
    expect(front.logs()).not.toContain('canary');
  });
});

const REQUEST = {
  model: 'claude-haiku-4-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'hello' }],
};

const WRONG = { authorization: 'Bearer wrong-key', 'x-api-key': 'wrong-key' };

async function start(
  name: keyof typeof fronts,
  options: RigOptions = { clientKeys },
): Promise<{ rig: Rig; front: Front }> {
  // Test timeouts are too short for megabytes on a busy machine.
  const rig = await startRig({
    ...options,
    timeouts: { firstByteMs: 20_000, wholeAnswerMs: 20_000, idleMs: 20_000, gateMs: 20_000 },
  });
  const folder = mkdtempSync(join(tmpdir(), `zephyr-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const front = fronts[name]({ folder, port: await freePort(), proxyPort: rig.proxy.port });
  await eventually(async () => {
    rig.first.always(json());
    const { statusCode } = (await ask(front, JSON.stringify(REQUEST))).resume();
    expect([200, 401]).toContain(statusCode);
  });
  return { rig, front };
}

function ask(
  front: Front,
  body: string,
  credentials: Readonly<Record<string, string>> = KEYS,
): Promise<import('node:http').IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ host: '127.0.0.1', port: front.port, servername: NAME, ca: front.ca(), agent: false },
      ...{ method: 'POST', path: '/v1/messages' },
      // The test certificate is for localhost; Caddy creates one for the name.
      ...(front.ca() === VALID.cert ? { checkServerIdentity: () => undefined } : {}),
      headers: { host: NAME, 'content-type': 'application/json', ...credentials },
    });
    sent.once('response', resolve).once('error', reject).end(body);
  });
}

/** The shipped file, below settings for a machine where port 443 is not ours. */
function caddy({ folder, port, proxyPort }: FrontOptions): Front {
  const config = [
    '{',
    ...[`https_port ${port}`, 'auto_https disable_redirects', 'admin off'],
    ...['skip_install_trust', `storage file_system ${folder}`],
    '}',
    `import ${files}/Caddyfile`,
    '',
  ];
  writeFileSync(join(folder, 'Caddyfile'), config.join('\n'));
  const env = {
    ...{ PATH: process.env['PATH'], HOME: folder },
    ZEPHYR_ADDRESS: `127.0.0.1:${proxyPort}`,
  };
  const args = ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
  const printed = collect(spawn('caddy', args, { env }));
  return {
    port,
    ca: () => readFileSync(join(folder, 'pki/authorities/local/root.crt'), 'utf8'),
    logs: printed,
  };
}

/** The shipped file with machine-specific values. */
function nginx({ folder, port, proxyPort }: FrontOptions): Front {
  const own: readonly (readonly [string, string])[] = [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['http://127.0.0.1:8080', `http://127.0.0.1:${proxyPort}`],
    ['/etc/ssl/zephyr.pem', join(folder, 'zephyr.pem')],
    ['/etc/ssl/zephyr.key', join(folder, 'zephyr.key')],
  ];
  let site = readFileSync(join(files, 'nginx.conf'), 'utf8');
  for (const [shipped, here] of own) {
    expect(site).toContain(shipped);
    site = site.replace(shipped, here);
  }
  mkdirSync(join(folder, 'logs'));
  writeFileSync(join(folder, 'site.conf'), site);
  writeFileSync(join(folder, 'zephyr.pem'), VALID.cert);
  writeFileSync(join(folder, 'zephyr.key'), VALID.key);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const config = [
    ...['daemon off;', `pid ${folder}/pid;`, 'worker_processes 1;', 'events {}'],
    // As in Debian's nginx.conf, which configures this log.
    ...['http {', `access_log ${folder}/logs/access.log;`, ...temporary],
    `include ${folder}/site.conf;`,
    '}',
    '',
  ];
  writeFileSync(join(folder, 'nginx.conf'), config.join('\n'));
  const errors = join(folder, 'logs/error.log');
  const printed = collect(
    spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', errors]),
  );
  const written = () =>
    readdirSync(join(folder, 'logs')).map((file) =>
      readFileSync(join(folder, 'logs', file), 'utf8'),
    );
  return { port, ca: () => VALID.cert, logs: () => [printed(), ...written()].join('\n') };
}

/** Collects its output until the test ends, and the program with it. */
function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (part: Buffer) => {
      output += part.toString();
    });
  }
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });
  return () => output;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
