import { createHash } from 'node:crypto';

import { call } from '@zephyr/testkit/http-call';
import { describe, expect, it } from 'vitest';

import { startRig } from './test-support/rig.ts';
import { startTestProxy } from './test-support/test-proxy.ts';

const alice = 'alice-key-b61d0e5f83';
const clientKeys = [
  { name: 'alice', sha256: createHash('sha256').update(alice).digest('hex') },
  { name: 'bob', sha256: createHash('sha256').update('bob-key-0a93').digest('hex') },
];

describe('keys of people', () => {
  const cases = [
    { name: 'a bearer', headers: { authorization: `Bearer ${alice}` }, code: 200 },
    { name: 'an API key', headers: { 'x-api-key': alice }, code: 200 },
    { name: 'no key', headers: {}, code: 401 },
    { name: 'a wrong key', headers: { authorization: 'Bearer wrong' }, code: 401 },
    { name: 'an empty key', headers: { authorization: 'Bearer ', 'x-api-key': '' }, code: 401 },
    { name: 'another scheme', headers: { authorization: `Basic ${alice}` }, code: 401 },
    { name: 'the hash itself', headers: { 'x-api-key': clientKeys[0]?.sha256 ?? '' }, code: 401 },
    { name: 'an odd host', headers: { host: 'localhost:4000/#@x' }, code: 401 },
    { name: 'a forged address', headers: { 'x-forwarded-for': '127.0.0.1' }, code: 401 },
  ];
  it.each(cases)('$name: $code', async ({ headers, code }) => {
    const { proxy, first } = await startRig({ clientKeys });
    const result = await call(proxy.port, { headers: { ...headers } as Record<string, string> });
    expect(result.status).toBe(code);
    expect(first.ledger).toHaveLength(code === 200 ? 1 : 0);
    expect(JSON.stringify(first.ledger)).not.toContain(alice);
    if (code === 401) expect(result.headers['x-should-retry']).toBe('false');
  });

  it('an address that guesses is shut out, also with a right key, and others are not', async () => {
    const { proxy } = await startRig({ clientKeys });
    const codes = [];
    for (let round = 0; round < 25; round += 1) {
      codes.push((await call(proxy.port, { headers: { 'x-api-key': `guess-${round}` } })).status);
    }
    expect(codes.filter((code) => code === 401)).toHaveLength(20);
    expect((await call(proxy.port, { headers: { 'x-api-key': alice } })).status).toBe(429);
  });

  it('the pages of the proxy itself need no key', async () => {
    const { proxy } = await startRig({ clientKeys });
    for (const path of ['/', '/health', '/status']) {
      expect((await call(proxy.port, { method: 'GET', path, body: '' })).status).toBe(200);
    }
  });

  it('without keys it does not listen for strangers, unless that is said', async () => {
    const endpoints = ['http://127.0.0.1:9'];
    await expect(startTestProxy({ endpoints, server: { host: '0.0.0.0' } })).rejects.toMatchObject({
      code: 'CONFIG',
    });
    const open = await startTestProxy({ endpoints, server: { host: '0.0.0.0', open: true } });
    const keyed = await startTestProxy({ endpoints, server: { host: '0.0.0.0' }, clientKeys });
    await Promise.all([open.stop(), keyed.stop()]);
  });
});
