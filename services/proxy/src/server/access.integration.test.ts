/** Who is admitted when keys, names and addresses change: foreign pages, reverse proxies, removed people. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

import { KIB } from '@zephyr/contract/units';

import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY, sendRaw } from '@zephyr/testkit/http-call';
import { json, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChangingRig, type TestSource } from '../test-support/changing-config.ts';
import { startRig } from '../test-support/rig.ts';

const keyOf = (name: string): string => `key-of-${name}-0123456789`;
const clientKey = (name: string) => ({
  name,
  sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
});
const asPerson = (name: string) => ({ headers: { 'x-api-key': keyOf(name) } });
const PAGES = ['/', '/status', '/diagnostics', '/health', '/readyz', '/metrics', '/status/events'];

function setKeys(source: TestSource, names: readonly string[], open = false): void {
  source.change(({ config, secrets }: LoadedConfig) => ({
    config: { ...config, server: { ...config.server, open } },
    secrets: { ...secrets, clientKeys: names.map(clientKey) },
  }));
}

describe('a page of another site', () => {
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ];
  const keySets: readonly (readonly string[])[] = [[], ['ann']];
  it.each(keySets)('is refused everywhere, with keys %j', async (...names) => {
    const clientKeys = names.filter((name) => name !== undefined).map(clientKey);
    const { proxy, first } = await startRig({ clientKeys });
    for (const headers of foreign) {
      const marked = { ...headers, 'x-api-key': keyOf('ann') };
      for (const path of PAGES) {
        const answer = await call(proxy.port, { method: 'GET', path, body: '', headers: marked });
        expect([path, answer.status]).toEqual([path, 403]);
      }
      const answer = await call(proxy.port, { headers: marked });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text).error.type).toBe('permission_error');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(first.ledger).toHaveLength(0);
    expect((await call(proxy.port, asPerson('ann'))).status).toBe(200);
  });

  it('may link to the status page, which it cannot read', async () => {
    const { proxy } = await startRig();
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const status = async (path: string) =>
      (await call(proxy.port, { method: 'GET', path, body: '', headers })).status;
    expect([await status('/status'), await status('/v1/models')]).toEqual([200, 403]);
  });
});

describe('a foreign name that resolves here', () => {
  const host = 'rebind.example:8080';

  it('is refused without keys, on all paths', async () => {
    const { proxy, first } = await startRig();
    for (const path of PAGES) {
      const answer = await call(proxy.port, { method: 'GET', path, body: '', headers: { host } });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect((await call(proxy.port, { headers: { host } })).status).toBe(401);
    expect(first.ledger).toHaveLength(0);
    for (const own of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', '192.168.1.5']) {
      expect((await call(proxy.port, { headers: { host: own } })).status).toBe(200);
    }
  });

  it('is refused by an open proxy, unless it is configured', async () => {
    const { proxy } = await startRig({ server: { open: true, allowedHosts: ['zephyr.lan'] } });
    expect((await call(proxy.port, { headers: { host } })).status).toBe(403);
    expect((await call(proxy.port, { headers: { host: 'Zephyr.lan:8080' } })).status).toBe(200);
  });

  it('does not matter if a key is presented', async () => {
    const { proxy } = await startRig({ clientKeys: [clientKey('ann')] });
    const headers = { host: 'zephyr.example.com', 'x-api-key': keyOf('ann') };
    expect((await call(proxy.port, { headers })).status).toBe(200);
  });

  it('does not exclude watchers, which use names that cannot be registered', async () => {
    const { proxy } = await startRig();
    for (const path of ['/health', '/livez', '/readyz', '/metrics']) {
      const watcher = { method: 'GET', path, body: '', headers: { host: 'proxy:8080' } };
      expect((await call(proxy.port, watcher)).status).toBe(200);
      // HAProxy's health check.
      const { text } = await sendRaw(proxy.port, `GET ${path} HTTP/1.0\r\n\r\n`, 30_000);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
    }
    for (const path of ['/status', '/v1/models']) {
      const { text } = await sendRaw(proxy.port, `GET ${path} HTTP/1.0\r\n\r\n`, 30_000);
      expect(text).toMatch(/^HTTP\/1\.1 40[13] /);
    }
  });
});

describe('this machine behind a reverse proxy', () => {
  it.each([
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-forwarded-proto': 'https' },
    { forwarded: 'for=203.0.113.7' },
    { via: '1.1 caddy' },
    { 'x-real-ip': '127.0.0.1' },
    { host: 'zephyr.lan' },
  ])('%j needs a key, whatever the socket says', async (headers) => {
    const { proxy, first } = await startRig({ server: { allowedHosts: ['zephyr.lan'] } });
    const refused = await call(proxy.port, {
      headers: headers as unknown as Record<string, string>,
    });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('create a key for each person');
    expect(first.ledger).toHaveLength(0);
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('is not hidden by more headers than Node counts: those are refused, not ignored', async () => {
    const { proxy, first } = await startRig({ limits: { headerBytes: 64 * KIB } });
    for (const count of [900, 2_100, 4_100]) {
      const request = `GET /v1/models HTTP/1.1\r\nHost: localhost\r\n${'a:\r\n'.repeat(count)}`;
      const whole = `${request}X-Forwarded-For: 203.0.113.7\r\n\r\n`;
      const { text } = await sendRaw(proxy.port, whole, /^HTTP\/1\.1 \d/);
      expect(text).toMatch(/^HTTP\/1\.1 4/);
    }
    expect(first.ledger).toHaveLength(0);
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('is open if that is configured', async () => {
    const { proxy } = await startRig({ server: { open: true } });
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    expect((await call(proxy.port, { headers })).status).toBe(200);
  });
});

describe('removing the last person', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('never opens the proxy at %s', async (host) => {
    const { proxy, source } = await startChangingRig({
      server: { host },
      clientKeys: [clientKey('ann')],
    });
    expect((await call(proxy.port, asPerson('ann'))).status).toBe(200);
    for (let round = 0; round < 2; round += 1) {
      setKeys(source, []);
      expect((await call(proxy.port)).status).toBe(401);
      expect((await call(proxy.port, asPerson('ann'))).status).toBe(401);
      expect(proxy.log()).toContain('no client has a key any more: everybody is refused');
      setKeys(source, ['bob']);
      expect((await call(proxy.port, asPerson('bob'))).status).toBe(200);
      expect((await call(proxy.port, asPerson('ann'))).status).toBe(401);
    }
    setKeys(source, []);
    setKeys(source, [], true);
    expect((await call(proxy.port)).status).toBe(200);
  });
});

describe('a removed person', () => {
  it('loses their running answers, and nobody else does', async () => {
    const { proxy, source, first } = await startChangingRig({
      clientKeys: ['ann', 'bob'].map(clientKey),
    });
    for (let round = 0; round < 2; round += 1) {
      setKeys(source, ['ann', 'bob']);
      first.always(sse({ gapMs: 40, deltas: 20 }));
      const begun = ['ann', 'bob'].map(() => Promise.withResolvers<void>());
      const answers = ['ann', 'bob'].map((name, index) =>
        call(proxy.port, { ...asPerson(name), onChunk: () => begun[index]?.resolve() }),
      );
      await Promise.all(begun.map(({ promise }) => promise));
      setKeys(source, ['bob']);
      const [ann, bob] = await Promise.all(answers);
      expect(ann?.end).toBe('cut');
      expect(ann?.text).toMatch(/event: error\ndata: .*authentication_error/);
      expect(ann?.text).not.toContain('message_stop');
      expect(bob).toMatchObject({ status: 200, end: 'clean' });
    }
  });

  it('is refused while nothing has been answered yet', async () => {
    const { proxy, source, first } = await startChangingRig({
      clientKeys: ['ann', 'bob'].map(clientKey),
      timeouts: { firstByteMs: 10_000 },
    });
    first.always(sse({ delayMs: 10_000 }));
    const answer = call(proxy.port, asPerson('ann'));
    await eventually(() => expect(first.ledger).toHaveLength(1));
    setKeys(source, ['bob']);
    expect((await answer).status).toBe(401);
    await eventually(() => expect(first.openConnections).toBe(0));
  });

  it('keeps requests running that a person without a key began before there were keys', async () => {
    const { proxy, source, first } = await startChangingRig();
    first.always(sse({ gapMs: 40, deltas: 5 }));
    const begun = Promise.withResolvers<void>();
    const answer = call(proxy.port, { onChunk: () => begun.resolve() });
    await begun.promise;
    setKeys(source, ['ann']);
    expect((await answer).end).toBe('clean');
    expect((await call(proxy.port)).status).toBe(401);
  });
});

describe('connections without a key', () => {
  it('give way to those with a key, which are kept', async () => {
    const { proxy } = await startRig({
      clientKeys: [clientKey('ann')],
      limits: { connections: 10 },
      timeouts: { headersMs: 20_000 },
    });
    const known = connect(proxy.port, '127.0.0.1');
    onTestFinished(() => void known.destroy());
    const asked = `GET /v1/models HTTP/1.1\r\nHost: x\r\nx-api-key: ${keyOf('ann')}\r\n\r\n`;
    known.write(asked);
    await new Promise((resolve) => known.once('data', resolve));
    const idle = Array.from({ length: 50 }, () => connect(proxy.port, '127.0.0.1').resume());
    onTestFinished(() => idle.forEach((socket) => void socket.destroy()));
    for (const socket of idle) socket.on('error', () => undefined);
    await eventually(() =>
      expect(idle.filter(({ readyState }) => readyState === 'closed').length).toBeGreaterThan(40),
    );
    for (let round = 0; round < 3; round += 1) {
      expect((await call(proxy.port, asPerson('ann'))).status).toBe(200);
    }
    known.write(asked);
    await new Promise((resolve) => known.once('data', resolve));
  });

  it('have a short life between two requests', async () => {
    const { proxy } = await startRig({
      clientKeys: [clientKey('ann')],
      timeouts: { keepAliveMs: 60_000 },
    });
    const page = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    const asked = `GET /v1/models HTTP/1.1\r\nHost: x\r\nx-api-key: ${keyOf('ann')}\r\n\r\n`;
    const ann = connect(proxy.port, '127.0.0.1').resume();
    onTestFinished(() => void ann.destroy());
    ann.write(asked + page);
    await once(ann, 'data');
    expect((await sendRaw(proxy.port, page)).closedBy).toBe('peer');
    expect(ann.readyState).toBe('open');
  });
});

describe('a malformed request after another one', () => {
  const post = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${STREAM_BODY.length}\r\n\r\n${STREAM_BODY}`;
  it.each([
    'GARBAGE\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\nX: a\r\r\n',
  ])('%j is answered after the first answer, not within it', async (second) => {
    const { proxy, first } = await startRig();
    first.always(sse({ gapMs: 30, deltas: 6 }));
    const { text } = await sendRaw(proxy.port, post + second);
    const ended = text.indexOf('message_stop');
    const refused = text.lastIndexOf('HTTP/1.1 4');
    expect(ended).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(ended);
    expect(text.slice(0, refused)).toMatch(/\r\n0\r\n\r\n$/);
    expect(text.match(/HTTP\/1\.1 4/g)).toHaveLength(1);
  });

  it('cuts nothing for others', async () => {
    const { proxy, first } = await startRig();
    first.always(json());
    const [broken, whole] = await Promise.all([
      sendRaw(proxy.port, 'GARBAGE\r\n\r\n', 30_000),
      call(proxy.port),
    ]);
    expect(broken.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(whole.status).toBe(200);
  });
});
