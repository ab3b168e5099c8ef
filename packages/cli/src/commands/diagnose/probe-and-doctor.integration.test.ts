/** `zephyr probe` and `zephyr doctor`, against failing endpoints and Redis servers. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';

import { loadConfig } from '@zephyr/runtime/config/read/load';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { hang, sse, status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { doctor } from './doctor/doctor.ts';
import type { Finding } from './doctor/finding.ts';
import { type ProbedEndpoint, probe } from './probe.ts';

const TOKEN = 'sk-canary-0123456789abcdef';
const silent = { progress: () => undefined, signal: new AbortController().signal };

async function upstream(script: UpstreamScript): Promise<string> {
  const server = await startScriptedUpstream({ script });
  onTestFinished(() => server.stop());
  return server.url;
}

/** A configuration with these endpoints, by name; the services use free ports except for the given one. */
function configured(
  endpoints: Readonly<Record<string, string>>,
  { proberPort = 0, timeoutSeconds = 3 } = {},
): { config: string; envFile: string } {
  const folder = folderOfTest('cli');
  const list = Object.entries(endpoints).map(
    ([name, url]) => `{ url = "${url}", name = "${name}" }`,
  );
  writeFileSync(
    join(folder, 'config.toml'),
    `[server]\nport = 0\n[controller]\nport = 0\n[prober]\nport = ${proberPort}
    [health_check]\ntimeout_seconds = ${timeoutSeconds}\nstyle = "messages"
    [[groups]]\nname = "main"\nauth_token_env = "TOKEN_A"\nendpoints = [${list.join(', ')}]`,
  );
  return { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
}

const environment = { TOKEN_A: TOKEN, PATH: process.env['PATH'] };

describe('zephyr probe', () => {
  it('prints each result with advice, and fails if one failed', async () => {
    const options = configured({
      Good: await upstream(sse()),
      Broke: await upstream(status(402)),
      Silent: await upstream(hang()),
    });
    const call = { wanted: undefined, environment, ...silent };
    const { text, exitCode } = await probe({ ...call, options: { ...options, json: true } });
    expect(exitCode).toBe(1);
    const probed = JSON.parse(text) as ProbedEndpoint[];
    expect(
      probed.map(({ name, verdict }) => [name, verdict.status === 'ok' || verdict.failure]),
    ).toEqual([
      ['Good', true],
      ['Broke', 'credit'],
      ['Silent', 'first_byte_timeout'],
    ]);
    expect(probed[1]?.advice).toContain('Top up');
    expect(text).not.toContain(TOKEN);
  });

  it('probes the named one, in the requested style', async () => {
    const endpoints = { Good: await upstream(sse()), Other: 'http://127.0.0.1:1' };
    // The CLI starts slowly on a loaded machine.
    const options = configured(endpoints, { timeoutSeconds: 30 });
    const call = { wanted: 'good', environment, ...silent };
    const { text, exitCode } = await probe({ ...call, options: { ...options, style: 'cli' } });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/Good +main +cli +ok/);
    expect(text).not.toContain('Other');
  });

  it('lists the endpoints if given a wrong name', async () => {
    const call = { wanted: 'nobody', environment, ...silent };
    const options = configured({ Good: 'http://127.0.0.1:1' });
    await expect(probe({ ...call, options })).rejects.toMatchObject({
      code: 'USAGE',
      advice: ['known endpoints: Good'],
    });
  });
});

describe('zephyr doctor', () => {
  const examine = async (options: { config: string; envFile: string }, variables = {}) => {
    const call = { environment: { ...environment, ...variables }, ...silent };
    const { text, exitCode } = await doctor({
      ...call,
      language: 'en',
      options: { ...options, json: true },
    });
    expect(text).not.toContain(TOKEN);
    return { exitCode, findings: (JSON.parse(text) as { findings: Finding[] }).findings };
  };
  const failures = (findings: readonly Finding[]) =>
    findings.filter((finding) => finding.status === 'fail').map(({ area }) => area);

  it('finds nothing if all is well', async () => {
    const { exitCode, findings } = await examine(configured({ Good: await upstream(sse()) }));
    expect(failures(findings)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(findings.map(({ area }) => area)).toEqual(
      expect.arrayContaining([
        'node',
        'config',
        'cli',
        'token',
        'redis',
        'port',
        'network',
        'endpoint',
      ]),
    );
  });

  it('finds a Redis that would evict data, and an endpoint that is down', async () => {
    const server = await startRedisServer({
      extraArguments: ['--maxmemory-policy', 'allkeys-lru'],
    });
    onTestFinished(() => server.stop());
    const options = configured({ Closed: 'http://127.0.0.1:1' });
    const { exitCode, findings } = await examine(options, { ZEPHYR_REDIS_URL: server.url });
    expect(failures(findings)).toEqual(['redis', 'network', 'endpoint']);
    expect(exitCode).toBe(1);
  });

  it('finds a port used by another program', async () => {
    const other = new URL(await upstream(hang()));
    const options = configured({ Good: await upstream(sse()) }, { proberPort: Number(other.port) });
    const { findings } = await examine(options);
    expect(failures(findings)).toEqual(['port']);
  });

  it.each([
    ['another Zephyr', 'of-another-one', ['port'], 'is in use by another Zephyr'],
    ['this one, running', undefined, [], 'is in use by a running Zephyr'],
  ])('recognises %s on a port', async (_, hash, failed, words) => {
    let configHash = hash;
    const server = createServer((_req, res) => {
      res.end(JSON.stringify({ status: 'ok', service: 'prober', config_hash: configHash }));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = configured({ Good: await upstream(sse()) }, { proberPort: port });
    const { config: configPath, envFile: envFilePath } = options;
    configHash ??= loadConfig({ configPath, envFilePath, environment }).config.hash;
    const { findings } = await examine(options);
    expect(failures(findings)).toEqual(failed);
    expect(findings.map(({ text }) => text).join('\n')).toContain(words);
  });

  it('distinguishes a Redis that is missing, silent, or refuses us', async () => {
    const silentRedis = createTcpServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silentRedis.close());
    await once(silentRedis, 'listening');
    const { port } = silentRedis.address() as AddressInfo;
    const options = configured({ Good: await upstream(sse()) });
    const textOf = async (url: string) => {
      const { findings } = await examine(options, { ZEPHYR_REDIS_URL: url });
      return findings.find(({ area }) => area === 'redis')?.text;
    };
    expect(await textOf(`redis://127.0.0.1:${port}`)).toContain('does not answer: timed out');
    expect(await textOf('redis://127.0.0.1:1')).toContain('refuses connections');
    const closed = await startRedisServer({ extraArguments: ['--requirepass', 'secret'] });
    onTestFinished(() => closed.stop());
    expect(await textOf(closed.url)).toContain('answers with an error: NOAUTH');
  });

  it('reports what it did not check', async () => {
    const options = { ...configured({ Good: await upstream(sse()) }), free: true };
    const { text } = await doctor({ environment, language: 'en', ...silent, options });
    expect(text).toContain('Not checked: whether the endpoints accept your tokens');
    const all = await doctor({
      environment,
      language: 'en',
      ...silent,
      options: { ...options, free: false },
    });
    expect(all.text).not.toContain('Not checked');
  });

  it('prints the problems of the configuration, with its own exit code', async () => {
    const { exitCode, findings } = await examine(configured({ Bad: 'ftp://nowhere' }));
    expect(exitCode).toBe(2);
    expect(failures(findings)).toEqual(['config']);
  });
});
