/** A group's connection settings apply to its probes of all kinds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { type ScriptedProxyOptions, startScriptedProxy } from '@zephyr/testkit/scripted-proxy';
import { startScriptedUpstream, type UpstreamOptions } from '@zephyr/testkit/scripted-upstream';
import { EXPIRED, VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { sse } from '@zephyr/testkit/upstream-scripts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createStartGate } from './claude-cli/start-gate.ts';
import { targetOf } from './endpoint-target.ts';
import { runProbe } from './probe.ts';

const PASSWORD = 'hidden-4c1f';
const gate = createStartGate();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-connections-'));
  const identities = { valid: VALID, wrong: WRONG_NAME, expired: EXPIRED };
  for (const [name, { cert, key }] of Object.entries(identities)) {
    writeFileSync(join(folder, `${name}.pem`), cert);
    writeFileSync(join(folder, `${name}-key.pem`), key);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string) => `"${join(folder, name)}"`;
const client = (name: string) =>
  `client_cert_file = ${file(`${name}.pem`)}\nclient_key_file = ${file(`${name}-key.pem`)}`;

async function probe(style: ProbeStyle, url: string, keys: string, variables: object = {}) {
  const loaded = parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\nca_file = ${file('valid.pem')}\n${keys}
endpoints = [{ url = "${url}", name = "A" }]
# Starting the CLI takes long on a busy machine.
[health_check]\ninterval_seconds = 120\ntimeout_seconds = 60\n`,
    variables: (name) =>
      ({ TOKEN: 'sk-canary-0123456789', ...variables })[name as 'TOKEN'] as string | undefined,
  });
  const [endpoint] = loaded.config.endpoints;
  if (endpoint === undefined) throw new Error('no endpoint');
  const { target } = targetOf(loaded, endpoint);
  return await runProbe(style, target, { signal: new AbortController().signal, gate });
}

async function startUpstream(options: UpstreamOptions = {}) {
  const upstream = await startScriptedUpstream({ tls: VALID, script: sse(), ...options });
  onTestFinished(() => upstream.stop());
  return upstream;
}

async function startOutbound(options: ScriptedProxyOptions) {
  const tls = options.kind === 'https' ? { tls: VALID } : {};
  const outbound = await startScriptedProxy({ ...tls, ...options });
  onTestFinished(() => outbound.stop());
  return outbound;
}

describe.each(['messages', 'cli', 'http', 'tcp'] as const)('a probe by %s', (style) => {
  it.each(['http', 'https', 'socks5'] as const)('goes through a proxy of kind %s', async (kind) => {
    const { url, port } = await startUpstream();
    const outbound = await startOutbound({ kind, credentials: `ann:${PASSWORD}` });
    const variables = { OUTBOUND: outbound.url.replace('://', `://ann:${PASSWORD}@`) };
    const passed = await probe(style, url, 'proxy_env = "OUTBOUND"', variables);
    expect(passed.verdict.status).toBe('ok');
    expect(new Set(outbound.asked)).toEqual(new Set([`localhost:${port}`]));

    const refused = await probe(style, url, `proxy = "${outbound.url}"`);
    expect(refused.verdict).toMatchObject({ status: 'failed', failure: 'outbound_proxy' });
    expect(JSON.stringify(refused)).toContain('without the right user and password');
    expect(JSON.stringify(refused)).toContain(outbound.url);
    expect(JSON.stringify([passed, refused])).not.toContain(PASSWORD);
  });

  it('presents the client certificate', async () => {
    const tls = { ...VALID, ca: VALID.cert, requestCert: true, maxVersion: 'TLSv1.2' } as const;
    const { url } = await startUpstream({ tls });
    const [right, wrong, none] = [
      await probe(style, url, client('valid')),
      await probe(style, url, client('wrong')),
      await probe(style, url, ''),
    ];
    expect(right.verdict.status).toBe('ok');
    for (const { verdict } of [wrong, none]) {
      expect(verdict).toMatchObject({ status: 'failed', failure: 'tls' });
      expect(JSON.stringify(verdict)).toContain('client_cert_file');
    }
  });

  it('accepts no older TLS than the group allows', async () => {
    const { url } = await startUpstream({ tls: { ...VALID, maxVersion: 'TLSv1.2' } });
    expect((await probe(style, url, 'tls_min_version = "1.2"')).verdict.status).toBe('ok');
    const { verdict } = await probe(style, url, 'tls_min_version = "1.3"');
    expect(verdict).toMatchObject({ status: 'failed', failure: 'tls' });
    expect(JSON.stringify(verdict)).toContain('see tls_min_version');
  });
});

describe('a fault of the outbound proxy', () => {
  it.each([
    ['status', { kind: 'status', status: 403 }, 'outbound_proxy', 'refuses to connect to it'],
    ['bad gateway', { kind: 'status', status: 502 }, 'connection_refused', 'cannot connect to it'],
    ['another protocol', { kind: 'garbage' }, 'outbound_proxy', 'is no outbound proxy'],
  ] as const)('(%s) is named', async (_, script, failure, text) => {
    const { url } = await startUpstream();
    const outbound = await startOutbound({ kind: 'http' });
    outbound.always(script);
    for (const style of ['messages', 'tcp'] as const) {
      const { verdict } = await probe(style, url, `proxy = "${outbound.url}"`);
      expect(verdict).toMatchObject({ status: 'failed', failure });
      expect(JSON.stringify(verdict)).toContain(text);
    }
  });

  it('(nothing listening) is reported as its own, not the endpoint’s', async () => {
    const { url } = await startUpstream();
    const { verdict } = await probe('messages', url, 'proxy = "http://127.0.0.1:1"');
    expect(verdict).toMatchObject({ status: 'failed', failure: 'outbound_proxy' });
    expect(JSON.stringify(verdict)).toContain(
      'http://127.0.0.1:1 cannot be reached (ECONNREFUSED)',
    );
  });
});
