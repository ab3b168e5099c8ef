/** What a group says about credentials, headers and models holds for its probes, of both kinds. */
import { parseConfig } from '@zephyr/runtime/config/load';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { demanding, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import { createStartGate } from './cli/start-gate.ts';
import { targetOf } from './endpoint-target.ts';
import { runProbe } from './probe.ts';

const TOKEN = 'sk-canary-0123456789';

const gate = createStartGate();

async function probe(style: 'messages' | 'cli', url: string, keys: string) {
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

  it('asks for a model by its name there', async () => {
    const upstream = await startScriptedUpstream({ script: sse() });
    const keys = 'model_map = { claude-haiku-4-5 = "claude-haiku-there" }';
    const { verdict } = await probe(style, upstream.url, keys);
    await upstream.stop();
    expect(verdict.status).toBe('ok');
    const bodies = upstream.ledger.map(({ body }) => JSON.parse(body.toString()).model);
    expect(bodies).toEqual(['claude-haiku-there']);
  });
});
