/**
 * Endpoints reached through an outbound proxy, with a whole proxy of ours: requests arrive, its faults are
 * its own, and its password stays with it. Two people in parallel, and twice in one process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import {
  type ScriptedProxy,
  type ScriptedProxyOptions,
  startScriptedProxy,
} from '@zephyr/testkit/scripted-proxy';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { VALID } from '@zephyr/testkit/tls-fixture';
import { sse } from '@zephyr/testkit/upstream-scripts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTestProxy, type TestProxyOptions } from '../test-support/test-proxy.ts';

const PASSWORD = 'hidden-4c1f';
const KINDS = ['http', 'https', 'socks5'] as const;

let folder: string;
let authorities: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-outbound-'));
  authorities = join(folder, 'ours.pem');
  writeFileSync(authorities, VALID.cert);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function startOutbound(options: ScriptedProxyOptions): Promise<ScriptedProxy> {
  const outbound = await startScriptedProxy({
    ...(options.kind === 'https' ? { tls: VALID } : {}),
    ...options,
  });
  onTestFinished(() => outbound.stop());
  return outbound;
}

/** Two endpoints: the first group's is reached as `keys` specify, the other one directly. */
async function start(keys: string, options: Partial<TestProxyOptions> = {}) {
  const [first, second] = await Promise.all([
    startScriptedUpstream({ tls: VALID }),
    startScriptedUpstream(),
  ]);
  const proxy = await startTestProxy({
    endpoints: [first.url, second.url],
    groups: ['through', 'direct'],
    groupKeys: { through: `ca_file = "${authorities}"\n${keys}` },
    ...options,
  });
  onTestFinished(async () => {
    await proxy.stop();
    await Promise.all([first.stop(), second.stop()]);
  });
  const ask = async () => {
    const answers = await Promise.all([call(proxy.port), call(proxy.port)]);
    return answers.map(({ status, headers }) => `${status} ${headers['x-zephyr-endpoint']}`);
  };
  return { proxy, first, second, ask };
}

const withPassword = ({ url }: ScriptedProxy) => url.replace('://', `://ann:${PASSWORD}@`);

describe.each(KINDS)('an outbound proxy of kind %s', (kind) => {
  it('carries the requests over reused connections', async () => {
    const outbound = await startOutbound({ kind });
    const { first, ask } = await start(`proxy = "${outbound.url}"`);
    for (const round of [1, 2, 3]) {
      expect([round, ...(await ask())]).toEqual([round, '200 e1', '200 e1']);
    }
    expect(first.ledger).toHaveLength(6);
    expect(outbound.asked).toEqual(Array(2).fill(`localhost:${first.port}`));
  });

  it('gets its user and password from a variable, which no one else sees', async () => {
    const outbound = await startOutbound({ kind, credentials: `ann:${PASSWORD}` });
    const keys = 'proxy_env = "OUTBOUND"';
    const { proxy, ask, first } = await start(keys, {
      variables: { OUTBOUND: withPassword(outbound) },
    });
    expect(await ask()).toEqual(['200 e1', '200 e1']);
    const shown = JSON.stringify(await proxy.status()) + (await proxy.metrics()) + proxy.log();
    expect(shown + JSON.stringify(first.ledger)).not.toContain(PASSWORD);
    expect(shown).toContain(outbound.url);
  });

  it('that demands a password: the request goes elsewhere, and the proxy is named', async () => {
    const outbound = await startOutbound({ kind, credentials: `ann:${PASSWORD}` });
    const { proxy, ask, first } = await start(`proxy = "${outbound.url}"`);
    expect(await ask()).toEqual(['200 e2', '200 e2']);
    expect(await proxy.attempts()).toMatchObject({ 'e1 outbound_proxy': expect.any(Number) });
    expect(proxy.log()).toContain('"failure":"outbound_proxy"');
    expect(first.ledger).toEqual([]);
  });

  it.each([
    ['forbids it', { kind: 'status', status: kind === 'socks5' ? 2 : 403 }, 'outbound_proxy'],
    [
      'cannot connect',
      { kind: 'status', status: kind === 'socks5' ? 5 : 502 },
      'connection_refused',
    ],
    ['ends the connection', { kind: 'close' }, 'outbound_proxy'],
    ['speaks another protocol', { kind: 'garbage' }, 'outbound_proxy'],
    ['never answers', { kind: 'silent' }, 'connect_timeout'],
  ] as const)('that %s: the request goes elsewhere', async (_, script, failure) => {
    const outbound = await startOutbound({ kind });
    outbound.always(script);
    const keys = `proxy = "${outbound.url}"`;
    const { proxy, ask, first } = await start(keys, { timeouts: { connectMs: 1_500 } });
    expect(await ask()).toEqual(['200 e2', '200 e2']);
    expect(await proxy.attempts()).toMatchObject({ [`e1 ${failure}`]: expect.any(Number) });
    expect(first.ledger).toEqual([]);
    // Nothing is left open.
    await eventually(() => expect(outbound.openConnections).toBe(0));
  });

  it('that is down: the request goes elsewhere, and requests return when it is back', async () => {
    const outbound = await startOutbound({ kind });
    const { proxy, ask } = await start(`proxy = "${outbound.url}"`);
    expect(await ask()).toEqual(['200 e1', '200 e1']);
    await outbound.stop();
    expect(await ask()).toEqual(['200 e2', '200 e2']);
    expect(await proxy.attempts()).toMatchObject({ 'e1 outbound_proxy': expect.any(Number) });
  });

  it('whose tunnels died while idle costs no request', async () => {
    const outbound = await startOutbound({ kind });
    const { ask } = await start(`proxy = "${outbound.url}"`);
    expect(await ask()).toEqual(['200 e1', '200 e1']);
    outbound.cut();
    const answers = await ask();
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['200', '200']);
  });

  it('an abort of the client ends its tunnel', async () => {
    const outbound = await startOutbound({ kind });
    const { proxy, first } = await start(`proxy = "${outbound.url}"`);
    first.always(sse({ gapMs: 60_000 }));
    const leaving = new AbortController();
    const asked = call(proxy.port, { signal: leaving.signal, onChunk: () => leaving.abort() });
    await eventually(() => expect(first.ledger).toHaveLength(1));
    leaving.abort();
    await asked;
    await eventually(() => expect(outbound.openConnections).toBe(0));
  });
});

describe('the proxy of the environment', () => {
  /** A remote endpoint, whose name only the proxy knows, and one on this machine. */
  async function environment(variables: Readonly<Record<string, string>>, keys = '') {
    const [far, near] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()]);
    const outbound = await startOutbound({ kind: 'http', portOf: () => far.port });
    const proxy = await startTestProxy({
      endpoints: ['http://far.example.org', near.url],
      groups: ['far', 'near'],
      groupKeys: { far: keys },
      endpointKeys: { e1: 'allow_http = true' },
      variables: { HTTP_PROXY: `http://127.0.0.1:${outbound.port}`, ...variables },
      lookup: (_name, _options, done) =>
        done(Object.assign(new Error('no name server'), { code: 'ENOTFOUND' }), ''),
    });
    onTestFinished(async () => {
      await proxy.stop();
      await Promise.all([far.stop(), near.stop()]);
    });
    const { headers } = await call(proxy.port);
    return { asked: outbound.asked, endpoint: headers['x-zephyr-endpoint'] };
  }

  it('is used for other machines, whose names it resolves', async () => {
    const { asked, endpoint } = await environment({});
    expect([endpoint, ...asked]).toEqual(['e1', 'far.example.org:80']);
  });

  it.each([
    ['NO_PROXY says so', { NO_PROXY: '.example.org' }, ''],
    ['the group says so', {}, 'proxy = "none"'],
  ])('is not used if %s', async (_, variables, keys) => {
    const { asked, endpoint } = await environment(variables, keys);
    expect([endpoint, ...asked]).toEqual(['e2']);
  });
});
