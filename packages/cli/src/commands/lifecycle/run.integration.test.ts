/** `zephyr run`: a command whose requests go through Zephyr, with a running proxy or one started for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ZEPHYR = fileURLToPath(new URL('../../../bin/zephyr', import.meta.url));
/** Prints the command's environment and the proxy's answer. */
const CHILD = `
const { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token, ...others } = process.env;
const body = JSON.stringify({ model: 'claude-x', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] });
fetch(url + '/v1/messages', {
  method: 'POST', body, headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
}).then(async (answer) => {
  const seen = { url, token, status: answer.status, endpoint: answer.headers.get('x-zephyr-endpoint') };
  const secrets = ['TEAM_TOKEN', 'ANTHROPIC_API_KEY', 'MINE'].filter((name) => name in others);
  console.log(JSON.stringify({ ...seen, secrets, args: process.argv.slice(1), past: others.NO_PROXY }));
  process.exit(7);
});
`;

describe('zephyr run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-run-'));
  let upstream: Awaited<ReturnType<typeof startScriptedUpstream>>;
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    writeFileSync(
      join(folder, 'config.toml'),
      `[server]\nport = 0\n[controller]\nport = 0\n[prober]\nport = 0\n[health_check]\nstyle = "tcp"
[[groups]]\nname = "main"\nauth_token_env = "TEAM_TOKEN"
[[groups.endpoints]]\nname = "one"\nurl = "${upstream.url}"\n`,
    );
  });
  afterAll(async () => {
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });

  function start(...args: readonly string[]) {
    const child = spawn(ZEPHYR, args, {
      cwd: folder,
      env: {
        ...{ PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: folder, LANG: 'C' },
        ...{ HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'a.lan' },
        ...{ TEAM_TOKEN: 'secret-of-the-team', ANTHROPIC_API_KEY: 'sk-ant-api03-x', MINE: '1' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = Promise.all([text(child.stderr), once(child, 'exit')]);
    return { child, ended };
  }

  it('starts a Zephyr for one command, passes on its exit code, and stops it again', async () => {
    const { child, ended } = start('run', '--', 'node', '-e', CHILD, '--', '--config', 'x');
    const [stdout, [stderr, [code]]] = await Promise.all([text(child.stdout), ended]);
    const seen = JSON.parse(stdout) as { url: string };
    expect(seen).toMatchObject({
      ...{ token: 'anything', status: 200, endpoint: 'one', args: ['--config', 'x'] },
      // The person's other variables stay; the endpoints' tokens do not reach the command.
      secrets: ['MINE'],
      // Claude Code would use the outbound proxy even for this machine.
      past: 'a.lan,127.0.0.1',
    });
    expect(stderr).toBe('');
    expect(code).toBe(7);
    await expect(fetch(seen.url)).rejects.toThrow('fetch failed');
  });

  it('uses the running one, twice, and leaves it running; a signal reaches the command', async () => {
    const system = start('start', '--headless');
    const url = await new Promise<string>((resolve) => {
      let output = '';
      system.child.stdout.on('data', (chunk: Buffer) => {
        output += chunk;
        const [, found] = /BASE_URL=(\S+)/.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const first = start('run', '--url', url, 'node', '-e', CHILD);
    const [stdout, [, [code]]] = await Promise.all([text(first.child.stdout), first.ended]);
    const secrets = ['MINE'];
    expect(JSON.parse(stdout)).toMatchObject({ url, status: 200, endpoint: 'one', secrets });
    expect(code).toBe(7);

    const second = start('run', '--url', url, 'sh', '-c', 'echo ready; exec sleep 600');
    await once(second.child.stdout, 'data');
    second.child.kill('SIGTERM');
    expect((await second.ended)[1]).toEqual([128 + 15, null]);
    expect((await fetch(`${url}/health`)).status).toBe(200);

    const missing = start('run', '--url', url, 'no-such-command');
    const [words, [missingCode]] = await missing.ended;
    expect(words).toBe('no-such-command: command not found\n');
    expect(missingCode).toBe(127);
    system.child.kill('SIGTERM');
    expect((await system.ended)[1]).toEqual([0, null]);
  });

  it('reports that nothing answers at a given address', async () => {
    const { ended } = start('run', '--url', 'http://127.0.0.1:9', 'true');
    const [stderr, [code]] = await ended;
    expect(stderr).toContain('no Zephyr answers at http://127.0.0.1:9');
    expect(code).toBe(1);
  });
});
