/** An endpoint whose certificate is from an authority that only its group trusts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { call } from '@zephyr/testkit/http-call';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { startTestProxy } from '../test-support/test-proxy.ts';

describe('ca_file of a group', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-ca-'));
    writeFileSync(join(folder, 'ours.pem'), VALID.cert);
    writeFileSync(join(folder, 'other.pem'), WRONG_NAME.cert);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = async (groups: readonly string[], groupKeys: Readonly<Record<string, string>>) => {
    const upstreams = await Promise.all(groups.map(() => startScriptedUpstream({ tls: VALID })));
    const endpoints = upstreams.map(({ url }) => url);
    const proxy = await startTestProxy({ endpoints, groups, groupKeys });
    onTestFinished(async () => {
      await proxy.stop();
      await Promise.all(upstreams.map((upstream) => upstream.stop()));
    });
    return { proxy, upstreams };
  };
  const keys = (file: string) => `ca_file = "${join(folder, file)}"`;

  it('makes its endpoints reachable, and those of no other group', async () => {
    const { proxy, upstreams } = await start(['none', 'other', 'ours'], {
      other: keys('other.pem'),
      ours: keys('ours.pem'),
    });
    for (const _ of [1, 2]) {
      const answers = await Promise.all([call(proxy.port), call(proxy.port)]);
      for (const { status, headers } of answers) {
        expect([status, headers['x-zephyr-endpoint']]).toEqual([200, 'e3']);
      }
    }
    expect(upstreams.map(({ ledger }) => ledger.length > 0)).toEqual([false, false, true]);
    expect(proxy.log()).toContain('"failure":"tls"');
  });

  it('does not make another name valid', async () => {
    const wrong = await startScriptedUpstream({ tls: WRONG_NAME });
    const proxy = await startTestProxy({
      endpoints: [wrong.url],
      groupKeys: keys('other.pem'),
    });
    onTestFinished(async () => {
      await proxy.stop();
      await wrong.stop();
    });
    expect((await call(proxy.port)).status).toBe(503);
    expect(wrong.ledger).toEqual([]);
  });

  it('and a client certificate make an endpoint reachable that demands one', async () => {
    writeFileSync(join(folder, 'client-key.pem'), VALID.key);
    const tls = { ...VALID, ca: VALID.cert, requestCert: true, maxVersion: 'TLSv1.2' } as const;
    const strict = await startScriptedUpstream({ tls });
    const client = `client_cert_file = "${join(folder, 'ours.pem')}"
client_key_file = "${join(folder, 'client-key.pem')}"`;
    const proxy = await startTestProxy({
      endpoints: [strict.url, strict.url],
      groups: ['without', 'with'],
      groupKeys: { without: keys('ours.pem'), with: `${keys('ours.pem')}\n${client}` },
    });
    onTestFinished(async () => {
      await proxy.stop();
      await strict.stop();
    });
    for (const _ of [1, 2]) {
      const answers = await Promise.all([call(proxy.port), call(proxy.port)]);
      for (const { status, headers } of answers) {
        expect([status, headers['x-zephyr-endpoint']]).toEqual([200, 'e2']);
      }
    }
    expect(proxy.log()).not.toContain('PRIVATE KEY');
  });

  it('does not allow a TLS version below the minimum', async () => {
    const old = await startScriptedUpstream({ tls: { ...VALID, maxVersion: 'TLSv1.2' } });
    const proxy = await startTestProxy({
      endpoints: [old.url, old.url],
      groups: ['new', 'any'],
      groupKeys: {
        new: `${keys('ours.pem')}\ntls_min_version = "1.3"`,
        any: keys('ours.pem'),
      },
    });
    onTestFinished(async () => {
      await proxy.stop();
      await old.stop();
    });
    const { headers } = await call(proxy.port);
    expect(headers['x-zephyr-endpoint']).toBe('e2');
    expect(proxy.log()).toContain('"failure":"tls"');
  });
});
