import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ReadyMessage } from '@zephyr/runtime/service/service';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { translator } from '@zephyr/texts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { connect } from './connect.ts';

const PROXY = fileURLToPath(new URL('../../../../../services/proxy/src/main.ts', import.meta.url));
const KEY = 'zk-of-ann';

describe('connect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-connect-'));
  const proxies: ChildProcess[] = [];
  let upstream: Awaited<ReturnType<typeof startScriptedUpstream>>;
  let open: string;
  let withKeys: string;
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    open = await startProxy('open', '');
    const hash = createHash('sha256').update(KEY).digest('hex');
    withKeys = await startProxy('keys', `[[clients]]\nname = "ann"\nkey_sha256 = "${hash}"\n`);
  });
  afterAll(async () => {
    for (const proxy of proxies) proxy.kill('SIGKILL');
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });

  async function startProxy(name: string, clients: string): Promise<string> {
    const config = join(folder, `${name}.toml`);
    const group = `[[groups]]\nname = "main"\nauth_token_env = "TEAM_TOKEN"\n[[groups.endpoints]]\nname = "one"\nurl = "${upstream.url}"\n`;
    writeFileSync(config, `[server]\nport = 0\n${group}${clients}`);
    const child = fork(PROXY, ['--config', config], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...{ PATH: process.env['PATH'], HOME: folder, TEAM_TOKEN: 'secret-of-the-team' },
        ...{
          ZEPHYR_ENV_FILE: join(folder, 'none'),
          ZEPHYR_REDIS_URL: `unix://${folder}/none.sock`,
        },
      },
    });
    proxies.push(child);
    const [ready] = (await once(child, 'message')) as [ReadyMessage];
    return `http://127.0.0.1:${ready.port}`;
  }

  let home: string;
  let settings: string;
  let surroundings: Record<string, string>;
  beforeEach(() => {
    surroundings = {};
    home = mkdtempSync(join(folder, 'home-'));
    settings = join(home, 'settings.json');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const run = (options: Partial<Parameters<typeof connect>[0]>, key?: string): Promise<string> =>
    connect(
      { config: join(folder, 'no-config.toml'), shell: 'sh', ...options },
      { CLAUDE_CONFIG_DIR: home, ANTHROPIC_AUTH_TOKEN: key, ...surroundings },
      translator('en'),
    );

  it('prints lines for each shell, with a key that the proxy accepts', async () => {
    expect(await run({ url: open })).toBe(
      `export ANTHROPIC_BASE_URL=${open}\nexport ANTHROPIC_AUTH_TOKEN=anything`,
    );
    expect(await run({ url: withKeys }, KEY)).toContain(`export ANTHROPIC_AUTH_TOKEN=${KEY}`);
    expect(await run({ url: withKeys })).toContain("export ANTHROPIC_AUTH_TOKEN='<your key>'");
    expect(await run({ url: withKeys, shell: 'fish' }, KEY)).toContain(
      `set -gx ANTHROPIC_BASE_URL ${withKeys}`,
    );
    expect(await run({ url: withKeys, shell: 'powershell' }, KEY)).toContain(
      `$env:ANTHROPIC_AUTH_TOKEN = '${KEY}'`,
    );
  });

  it('lets Claude Code past the outbound proxy of its environment or of its settings', async () => {
    surroundings = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'a.lan' };
    expect(await run({ url: open })).toContain('\nexport NO_PROXY=a.lan,127.0.0.1');
    surroundings = {};
    const before = '{"env":{"HTTP_PROXY":"http://127.0.0.1:9"}}';
    writeFileSync(settings, before);
    await run({ url: open, claudeSettings: true });
    expect(JSON.parse(readFileSync(settings, 'utf8')).env.NO_PROXY).toBe('127.0.0.1');
    await run({ undo: true });
    expect(JSON.parse(readFileSync(settings, 'utf8'))).toEqual(JSON.parse(before));
  });

  it('accepts a base URL as people write it', async () => {
    expect(await run({ url: `${open}/v1/` })).toContain(`ANTHROPIC_BASE_URL=${open}\n`);
  });

  it("changes Claude Code's settings, keeps all else, and takes it back twice over", async () => {
    const before =
      '{\n    "model": "opus",\n    "env": { "ANTHROPIC_BASE_URL": "https://former.example", "A": "1" }\n}\n';
    writeFileSync(settings, before, { mode: 0o644 });
    for (const round of [1, 2]) {
      await run({ url: withKeys, claudeSettings: true }, KEY);
      await run({ url: open, claudeSettings: true });
      expect(JSON.parse(readFileSync(settings, 'utf8')), `round ${round}`).toEqual({
        model: 'opus',
        env: { A: '1', ANTHROPIC_BASE_URL: open, ANTHROPIC_AUTH_TOKEN: 'anything' },
      });
      expect(statSync(settings).mode & 0o777).toBe(0o600);
      expect(await run({ undo: true })).toContain('no longer uses Zephyr');
      expect(readFileSync(settings, 'utf8')).toBe(before);
      expect(statSync(settings).mode & 0o777).toBe(0o644);
    }
    expect(await run({ undo: true })).toContain('nothing to undo');
  });

  it('creates missing settings', async () => {
    await run({ url: open, claudeSettings: true });
    expect(JSON.parse(readFileSync(settings, 'utf8')).env.ANTHROPIC_BASE_URL).toBe(open);
    await run({ undo: true });
    expect(readdirSync(home)).toEqual([]);
  });

  it('keeps changes made since then', async () => {
    writeFileSync(settings, '{ "env": { "ANTHROPIC_BASE_URL": "https://former.example" } }');
    await run({ url: open, claudeSettings: true });
    const { env } = JSON.parse(readFileSync(settings, 'utf8'));
    writeFileSync(settings, JSON.stringify({ env: { ...env, A: '1' }, model: 'opus' }));
    await run({ undo: true });
    expect(JSON.parse(readFileSync(settings, 'utf8'))).toEqual({
      env: { A: '1', ANTHROPIC_BASE_URL: 'https://former.example' },
      model: 'opus',
    });
  });

  it('follows a symlink to the settings, which stays a symlink', async () => {
    const target = join(home, 'dotfiles.json');
    const before = '{"model":"opus"}';
    writeFileSync(target, before);
    symlinkSync(target, settings);
    await run({ url: open, claudeSettings: true });
    expect(JSON.parse(readFileSync(target, 'utf8')).env.ANTHROPIC_BASE_URL).toBe(open);
    await run({ undo: true });
    expect(readFileSync(target, 'utf8')).toBe(before);
    expect(lstatSync(settings).isSymbolicLink()).toBe(true);
  });

  it('prints the lines for settings.json, and changes nothing', async () => {
    expect(
      JSON.parse(await run({ url: withKeys, claudeSettings: true, print: true }, KEY)),
    ).toEqual({
      env: { ANTHROPIC_BASE_URL: withKeys, ANTHROPIC_AUTH_TOKEN: KEY },
    });
    expect(readdirSync(home)).toEqual([]);
  });

  it('reports what cannot be changed, and leaves no backup', async () => {
    mkdirSync(`${settings}.new`);
    await expect(run({ url: open, claudeSettings: true })).rejects.toThrow(
      /cannot change .*settings/,
    );
    expect(readdirSync(home)).toEqual(['settings.json.new']);
  });

  it('refuses the Zephyr of other endpoints on the port of this configuration', async () => {
    const config = join(home, 'own.toml');
    const own = (endpoint: string) =>
      `[server]\nport = ${new URL(open).port}\n[[groups]]\nname = "main"\nauth_token_env = "TEAM_TOKEN"\n[[groups.endpoints]]\nname = "one"\nurl = "${endpoint}"\n`;
    surroundings = { TEAM_TOKEN: 'secret-of-the-team' };
    writeFileSync(config, own(upstream.url));
    expect(await run({ config })).toContain(open);
    writeFileSync(config, own('http://127.0.0.1:9'));
    await expect(run({ config })).rejects.toThrow(
      `another Zephyr, whose endpoints differ from ${config}`,
    );
    expect(await run({ config, url: open })).toContain(open);
  });

  it.each(['{ "env": ', '[]', '{ "env": "no" }'])(
    'leaves broken settings alone: %s',
    async (text) => {
      writeFileSync(settings, text);
      await expect(run({ url: open, claudeSettings: true })).rejects.toThrow(/not a settings file/);
      expect(readFileSync(settings, 'utf8')).toBe(text);
    },
  );

  it.each([
    [undefined, 'needs your key'],
    ['zk-of-somebody', 'refuses this key'],
  ])('writes no settings that the proxy refuses (key %s)', async (key, problem) => {
    const connecting = run({ url: withKeys, claudeSettings: true }, key);
    await expect(connecting).rejects.toThrow(problem);
    await expect(connecting).rejects.not.toThrow(KEY);
    expect(existsSync(settings)).toBe(false);
  });

  it.each(['http://127.0.0.1:9', 'ftp://x', 'nonsense'])(
    'names what is wrong with %s',
    async (url) => {
      await expect(run({ url })).rejects.toThrow(/no Zephyr answers|not a URL/);
    },
  );

  it('does not mistake an endpoint for a Zephyr', async () => {
    await expect(run({ url: upstream.url })).rejects.toThrow(/no Zephyr answers/);
  });
});
