import { createHash } from 'node:crypto';

import { call } from '@zephyr/testkit/http-call';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';
import { startTestProxy } from '../test-support/test-proxy.ts';

const alice = 'alice-key-b61d0e5f83';
const bob = 'bob-key-0a93c7f1e2';
const clientKeys = [
  { name: 'alice', sha256: createHash('sha256').update(alice).digest('hex') },
  { name: 'bob', sha256: createHash('sha256').update(bob).digest('hex') },
];

describe('keys of people', () => {
  const cases = [
    { name: 'a bearer', headers: { authorization: `Bearer ${alice}` }, code: 200 },
    { name: 'an API key', headers: { 'x-api-key': alice }, code: 200 },
    { name: 'two spaces after Bearer', headers: { authorization: `Bearer  ${alice}` }, code: 200 },
    {
      name: 'a stale bearer and a right API key',
      headers: { authorization: 'Bearer sk-ant-oat01-stale-login', 'x-api-key': alice },
      code: 200,
    },
    {
      name: 'a right bearer and a stale API key',
      headers: { authorization: `Bearer ${alice}`, 'x-api-key': 'sk-ant-api03-stale' },
      code: 200,
    },
    {
      name: 'two wrong ones',
      headers: { authorization: 'Bearer wrong', 'x-api-key': 'wrong' },
      code: 401,
    },
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

  it('an address that guesses is limited, but a right key is still served from it', async () => {
    const { proxy } = await startRig({ clientKeys });
    const ask = (key: string) => call(proxy.port, { headers: { 'x-api-key': key } });
    const codes = [];
    for (let round = 0; round < 25; round += 1) codes.push((await ask(`guess-${round}`)).status);
    expect(codes).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
    for (let round = 0; round < 3; round += 1) {
      expect((await ask(bob)).status).toBe(200);
      expect((await ask('guess')).status).toBe(429);
      expect((await ask(alice)).status).toBe(200);
    }
  });

  it('behind a trusted proxy, failures count for the address that it reports', async () => {
    const { proxy } = await startRig({ clientKeys, server: { trustedProxies: ['127.0.0.1'] } });
    const ask = async (address: string) => {
      const headers = { 'x-api-key': 'guess', 'x-forwarded-for': address };
      return (await call(proxy.port, { headers })).status;
    };
    for (let round = 0; round < 20; round += 1) await ask('203.0.113.7');
    expect([await ask('203.0.113.7'), await ask('203.0.113.8')]).toEqual([429, 401]);
    // An address written by the client itself comes before it.
    expect(await ask('203.0.113.8, 203.0.113.7')).toBe(429);
  });

  it('nobody else can set an address', async () => {
    const { proxy } = await startRig({ clientKeys });
    const codes = [];
    for (let round = 0; round < 21; round += 1) {
      const headers = { 'x-api-key': 'guess', 'x-forwarded-for': `203.0.113.${round}` };
      codes.push((await call(proxy.port, { headers })).status);
    }
    expect(codes.at(-1)).toBe(429);
  });

  it('the pages of the proxy itself need no key', async () => {
    const { proxy } = await startRig({ clientKeys });
    for (const path of ['/', '/health', '/status']) {
      expect((await call(proxy.port, { method: 'GET', path, body: '' })).status).toBe(200);
    }
  });

  it('reports at its root whether a key is valid, without contacting an endpoint', async () => {
    const verdict = async (port: number, headers: Record<string, string>) =>
      JSON.parse((await call(port, { method: 'GET', path: '/', body: '', headers })).text).key;
    const { proxy, first } = await startRig({ clientKeys });
    expect(await verdict(proxy.port, {})).toBe('no_key');
    expect(await verdict(proxy.port, { 'x-api-key': 'guess' })).toBe('wrong_key');
    expect(await verdict(proxy.port, { 'x-api-key': alice })).toBe('accepted');
    // As everywhere, guesses are counted, and a right key is still served.
    for (let round = 0; round < 20; round += 1) await verdict(proxy.port, { 'x-api-key': 'guess' });
    expect((await call(proxy.port, { headers: { 'x-api-key': 'guess' } })).status).toBe(429);
    expect(first.ledger).toHaveLength(0);
    const { proxy: open } = await startRig();
    expect(await verdict(open.port, {})).toBe('open');
  });

  it('without keys it does not listen for strangers, unless configured to', async () => {
    const endpoints = ['http://127.0.0.1:9'];
    for (const host of ['0.0.0.0', '127.proxy.example'])
      await expect(startTestProxy({ endpoints, server: { host } })).rejects.toMatchObject({
        code: 'CONFIG',
      });
    const open = await startTestProxy({ endpoints, server: { host: '0.0.0.0', open: true } });
    const keyed = await startTestProxy({ endpoints, server: { host: '0.0.0.0' }, clientKeys });
    await Promise.all([open.stop(), keyed.stop()]);
  });
});
