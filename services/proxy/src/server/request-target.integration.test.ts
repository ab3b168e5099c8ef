/** What goes upstream and what does not, with a second person's requests in parallel. */
import { call, sendRaw } from '@zephyr/testkit/http-call';
import { json, reset, status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const server = { extraPaths: ['/v1/files'] } as const;

describe('a wrong base URL', () => {
  it.each([
    '/v1/v1/messages?beta=true',
    '//v1/messages',
    '/v1//messages',
    '/messages',
    '/api/v1/messages',
    '/v1/messages/v1/messages',
  ])(
    '%s is answered by us with the right one; no endpoint is contacted or ejected',
    async (path) => {
      const { proxy, first, second } = await startRig();
      for (let round = 0; round < 2; round += 1) {
        const refused = await call(proxy.port, { path });
        expect(refused.status).toBe(404);
        expect(refused.headers['x-should-retry']).toBe('false');
        const { error } = JSON.parse(refused.text);
        expect(error.type).toBe('not_found_error');
        expect(error.message).toContain(
          `ANTHROPIC_BASE_URL to http://127.0.0.1:${proxy.port} of this proxy, without /v1`,
        );
      }
      expect(first.ledger.length + second.ledger.length).toBe(0);
      expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e1');
    },
  );

  const forwardProxy = /unset HTTP_PROXY.*\}$/s;
  it.each([
    'GET http://elsewhere.example/v1/models HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n',
    'CONNECT api.anthropic.com:443 HTTP/1.1\r\nHost: api.anthropic.com:443\r\n\r\n',
    'CONNECT 127.0.0.1:8080 HTTP/1.1\r\nHost: localhost\r\nProxy-Authorization: Basic eA==\r\n\r\nGET / HTTP/1.1\r\n',
  ])(
    'a client that takes us for a forward proxy gets an answer that says so: %j',
    async (bytes) => {
      const { proxy, first } = await startRig();
      const { text } = await sendRaw(proxy.port, bytes, forwardProxy);
      expect(text).toMatch(/^HTTP\/1\.1 404 /);
      expect(text).toContain('unset HTTP_PROXY');
      expect(text).not.toMatch(/elsewhere|anthropic\.com/);
      expect(text.split('HTTP/1.1 ')).toHaveLength(2);
      expect(first.ledger).toHaveLength(0);
      expect((await call(proxy.port)).status).toBe(200);
    },
  );

  it('a Host that is not an address is not echoed', async () => {
    const { proxy } = await startRig();
    const bytes = 'POST /messages HTTP/1.1\r\nHost: a"}<b>\r\nConnection: close\r\n\r\n';
    const { text } = await sendRaw(proxy.port, bytes, 30_000);
    expect(text).toContain('http://<host>:<port> of this proxy');
    expect(text).not.toContain('<b>');
  });
});

describe('extra_paths', () => {
  it('go nowhere else if their endpoint cannot be reached', async () => {
    const { proxy, first, second } = await startRig({ server });
    await first.refuse();
    for (let again = 0; again < 2; again += 1) {
      const files = { method: 'GET', path: '/v1/files', body: '' };
      expect((await call(proxy.port, files)).status).toBe(503);
      expect((await call(proxy.port)).status).toBe(200);
    }
    expect(second.ledger.filter(({ target }) => target === '/v1/files')).toEqual([]);
  });

  it.each(['GET', 'POST', 'DELETE'])('%s goes to the first endpoint only', async (method) => {
    const { proxy, first, second } = await startRig({ server });
    first.always(json({ id: 'f' }));
    const result = await call(proxy.port, { method, path: '/v1/files?x=1', body: '' });
    expect([result.status, result.text]).toEqual([200, '{"id":"f"}']);
    expect(first.ledger.map(({ method: sent, target }) => `${sent} ${target}`)).toEqual([
      `${method} /v1/files?x=1`,
    ]);
    expect(second.ledger).toHaveLength(0);
  });

  it.each([
    { name: '529', script: status(529) },
    { name: '503', script: status(503) },
    { name: '401', script: status(401) },
    { name: 'a reset after it was read', script: reset() },
  ])('$name: not sent again, and nobody else notices', async ({ script }) => {
    const { proxy, first, second } = await startRig({ server });
    // A kept-alive connection exists, which could be an excuse for a second try.
    await call(proxy.port);
    for (let round = 0; round < 5; round += 1) {
      first.next(script);
      const result = await call(proxy.port, { path: '/v1/files' });
      expect(result.status).toBeGreaterThan(400);
      expect(first.ledger.filter(({ target }) => target === '/v1/files')).toHaveLength(round + 1);
      // A second person is still at the first endpoint.
      expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e1');
    }
    expect(second.ledger).toHaveLength(0);
    const { endpoints } = await proxy.status();
    expect(endpoints.map(({ ejection }) => ejection.status)).toEqual(['admitted', 'admitted']);
  });
});
