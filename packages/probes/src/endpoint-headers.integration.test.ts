/** A group's credentials, headers, models and authorities apply to its probes of both kinds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import { parseConfig } from '@zephyr/runtime/config/read/load';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { VALID } from '@zephyr/testkit/tls-fixture';
import { demanding, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import { createStartGate } from './claude-cli/start-gate.ts';
import { targetOf } from './endpoint-target.ts';
import { runProbe } from './probe.ts';

const TOKEN = 'sk-canary-0123456789';

const gate = createStartGate();

async function probe(style: ProbeStyle, url: string, keys: string) {
  const loaded = parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\n${keys}
endpoints = [{ url = "${url}", name = "A" }]\n`,
    variables: (name) => ({ TOKEN, HELICONE: 'hidden-value' })[name],
  });
  const [endpoint] = loaded.config.endpoints;
  if (endpoint === undefined) throw new Error('no endpoint');
  const { target } = targetOf(loaded, endpoint);
  return await runProbe(style, target, { signal: new AbortController().signal, gate });
}

describe.each(['messages', 'cli', 'http', 'tcp'] as const)('a probe by %s', (style) => {
  it('trusts the authority of the group, and only there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephyr-ca-'));
    const file = join(folder, 'ours.pem');
    writeFileSync(file, VALID.cert);
    const upstream = await startScriptedUpstream({ tls: VALID, script: sse() });
    const trusted = await probe(style, upstream.url, `ca_file = "${file}"`);
    const untrusted = await probe(style, upstream.url, '');
    await upstream.stop();
    rmSync(folder, { recursive: true });
    expect(trusted.verdict.status).toBe('ok');
    expect(untrusted.verdict).toMatchObject({ status: 'failed', failure: 'tls' });
    expect(JSON.stringify(untrusted.verdict)).toContain('set ca_file');
  });
});

describe.each(['messages', 'cli'] as const)('a probe by %s', (style) => {
  it.each([
    ['auth = "x-api-key"', { authorization: undefined, 'x-api-key': TOKEN }],
    ['auth = "both"', { authorization: `Bearer ${TOKEN}`, 'x-api-key': TOKEN }],
    ['headers_env = { helicone-auth = "HELICONE" }', { 'helicone-auth': 'hidden-value' }],
    ['headers = { user-agent = "gateway" }', { 'user-agent': 'gateway' }],
  ])('passes an endpoint that demands %s', async (keys, headers) => {
    const upstream = await startScriptedUpstream({ script: demanding(headers, sse()) });
    const passed = await probe(style, upstream.url, keys);
    const refused = await probe(style, upstream.url, '');
    await upstream.stop();
    expect(passed.verdict.status).toBe('ok');
    expect(refused.verdict).toMatchObject({ status: 'failed', failure: 'token_refused' });
  });

  it('requests a model by its name there', async () => {
    const upstream = await startScriptedUpstream({ script: sse() });
    const keys = 'model_map = { claude-haiku-4-5 = "claude-haiku-there" }';
    const { verdict } = await probe(style, upstream.url, keys);
    await upstream.stop();
    expect(verdict.status).toBe('ok');
    const bodies = upstream.ledger.map(({ body }) => JSON.parse(body.toString()).model);
    expect(bodies).toEqual(['claude-haiku-there']);
  });
});
