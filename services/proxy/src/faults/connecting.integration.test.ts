/**
 * Endpoints that cannot be connected to: names, TCP, TLS. The ids (U2 …) are those of the list of faults in
 * docs/data-path.md.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { call } from '@zephyr/testkit/http-call';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { EXPIRED, type TlsIdentity, VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFullBacklog } from '../test-support/full-backlog.ts';
import { startTestProxy, tokenOf } from '../test-support/test-proxy.ts';
import { createLookup } from '../upstream/dns-cache.ts';

describe('U16 TLS', () => {
  const trusted = getCACertificates('default');
  const hostile: readonly { name: string; trust: string[]; tls?: TlsIdentity; failure: string }[] =
    [
      { name: 'an unknown authority', trust: [], tls: VALID, failure: 'tls' },
      { name: 'another name', trust: [WRONG_NAME.cert], tls: WRONG_NAME, failure: 'tls' },
      { name: 'an expired certificate', trust: [EXPIRED.cert], tls: EXPIRED, failure: 'tls' },
      // It waits for the end of what looks like a very long request line.
      { name: 'no TLS at all', trust: [], failure: 'connect_timeout' },
    ];

  async function callThrough(
    bad: Pick<ScriptedUpstream, 'port' | 'stop'>,
    trust: readonly string[],
  ) {
    setDefaultCACertificates([...trusted, ...trust]);
    const good = await startScriptedUpstream();
    const proxy = await startTestProxy({ endpoints: [`https://localhost:${bad.port}`, good.url] });
    onTestFinished(async () => {
      setDefaultCACertificates(trusted);
      await Promise.all([bad.stop(), good.stop()]);
      await proxy.stop();
    });
    return { result: await call(proxy.port), attempts: await proxy.attempts() };
  }

  it.each(hostile)('$name: the next endpoint answers, the token is not sent', async (peer) => {
    const bad = await startScriptedUpstream({ tls: peer.tls });
    const { result, attempts } = await callThrough(bad, peer.trust);
    expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    expect(JSON.stringify(bad.ledger)).not.toContain(tokenOf('main'));
    expect(attempts).toHaveProperty([`e1 ${peer.failure}`], 1);
  });

  it('a stalled handshake runs into the connect limit', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stop = async (): Promise<void> => void server.close();
    const { result, attempts } = await callThrough({ port, stop }, []);
    expect(result.headers['x-zephyr-endpoint']).toBe('e2');
    expect(attempts).toHaveProperty(['e1 connect_timeout'], 1);
  });

  it('a valid certificate is accepted', async () => {
    const tls = await startScriptedUpstream({ tls: VALID });
    const { result } = await callThrough(tls, [VALID.cert]);
    expect(result.headers['x-zephyr-endpoint']).toBe('e1');
  });
});

describe('U2 and U17 connecting', () => {
  it('U2 a host that does not answer: the next endpoint does, then the host is skipped', async () => {
    const full = await startFullBacklog();
    onTestFinished(() => full.stop());
    const good = await startScriptedUpstream();
    const proxy = await startTestProxy({ endpoints: [full.url, good.url] });
    onTestFinished(async () => {
      await good.stop();
      await proxy.stop();
    });
    const results = [];
    for (let round = 0; round < 3; round += 1) results.push(await call(proxy.port));
    expect(results.map(({ status: code }) => code)).toEqual([200, 200, 200]);
    const attempts = await proxy.attempts();
    expect(attempts).toHaveProperty(['e1 connect_timeout'], 1);
  });

  it('U17 a name that is not found: the next endpoint answers', async () => {
    const good = await startScriptedUpstream();
    const proxy = await startTestProxy({
      endpoints: ['https://nowhere.invalid', good.url],
      lookup: createLookup({
        resolve: (_name, done) =>
          done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []),
      }),
    });
    onTestFinished(async () => {
      await good.stop();
      await proxy.stop();
    });
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e2');
    expect(await proxy.attempts()).toHaveProperty(['e1 dns'], 1);
  });

  it('no reachable endpoint: the error says so, each time', async () => {
    const gone = await startScriptedUpstream();
    await gone.stop();
    const proxy = await startTestProxy({ endpoints: [gone.url] });
    onTestFinished(() => proxy.stop());
    for (const _times of [1, 2]) {
      const { status, headers, text } = await call(proxy.port);
      expect([status, headers['x-zephyr-error']]).toEqual([503, 'unreachable']);
      expect(text).toContain('no endpoint can be reached');
    }
  });
});
