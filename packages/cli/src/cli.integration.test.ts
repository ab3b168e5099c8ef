/** The `zephyr` command as a person runs it: its error messages and exit codes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { VERSION } from '@zephyr/runtime/version';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ZEPHYR = fileURLToPath(new URL('../bin/zephyr', import.meta.url));
const PROXY = fileURLToPath(new URL('../../../services/proxy/src/main.ts', import.meta.url));
const CONFIG = `
[[groups]]
name = "a"
auth_token_env = "TOKEN_A"
endpoints = [{ url = "https://a.example.com", name = "A" }]
`;

let folder: string;

function zephyr(...args: string[]) {
  const env = { PATH: process.env['PATH'], XDG_STATE_HOME: folder, HOME: folder, LANG: 'C' };
  const { stdout, stderr, status } = spawnSync(ZEPHYR, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

describe('zephyr', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs through the links that npm makes: to the program, and to its workspace', () => {
    symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(folder, 'cli'));
    symlinkSync('cli/bin/zephyr', join(folder, 'zephyr-link'));
    const help = spawnSync(join(folder, 'zephyr-link'), ['--help'], { encoding: 'utf8' });
    expect(help.stdout).toContain('Usage: zephyr');
    expect(help.status).toBe(0);
  });

  it('starts with the flags of the original, and prints help if there is nothing to start', () => {
    expect(zephyr('--headless').stderr).toContain('config.toml does not exist');
    expect(zephyr().stderr).toContain('Usage: zephyr');
    writeFileSync(join(folder, 'config.toml'), `${CONFIG}[server]\nprot = 1\n`);
    for (const flags of [[], ['--dashboard'], ['--config', 'config.toml'], ['--test-timing']]) {
      const { stderr, status } = zephyr(...flags);
      expect(stderr).toContain('did you mean port?');
      expect(status).toBe(2);
    }
  });

  it('warns of a key that the original ignored', () => {
    const config = CONFIG.replace('a.example.com', 'a.relay.net');
    const text = `${config}[health_check]\nswitch_threshold_ms = 5\n`;
    writeFileSync(join(folder, 'config.toml'), text);
    writeFileSync(join(folder, '.env'), 'TOKEN_A="sk-ant-Zq83kd02mm"', { mode: 0o600 });
    const { stdout, status } = zephyr('config', 'check');
    expect(stdout).toMatch(/! \S+:7: health_check\.switch_threshold_ms has no effect here/);
    expect(status).toBe(0);
  });

  it('fails if its result cannot be written, but not if the reader is gone', () => {
    writeFileSync(join(folder, 'config.toml'), CONFIG);
    const into = (target: string) =>
      spawnSync('bash', ['-c', `set -o pipefail; "$0" clients list ${target}`, ZEPHYR], {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder, LANG: 'C' },
        encoding: 'utf8',
      });
    expect(into('| true')).toMatchObject({ status: 0, stderr: '' });
    expect(into('> /dev/full')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The output could not be written: ENOSPC'),
    });
  });

  it('uses the language of the configuration: help, results and errors', () => {
    writeFileSync(join(folder, 'config.toml'), `${CONFIG}[ui]\nlanguage = "zh"\n`);
    const help = zephyr('status', '--help').stdout;
    expect(help).toContain('用法： zephyr status');
    expect(help).toContain('（默认：".env"，环境变量：ZEPHYR_ENV_FILE）');
    expect(help).not.toMatch(/default|choices/);
    expect(zephyr('service', 'status').stdout).toContain('未安装');
    expect(zephyr('run', '--', './none').stderr).toContain('未设置或为空');
    const { stdout } = zephyr('doctor', '--free');
    expect(stdout).toContain('未检查：其他各项');
    expect(stdout).not.toMatch(/problem|found:/);
  });

  it('prints its version', () => {
    expect(zephyr('--version')).toEqual({ stdout: `${VERSION}\n`, stderr: '', status: 0 });
  });

  it('explains how to create a configuration, and offers the demo', () => {
    const { stderr, status } = zephyr('start');
    expect(stderr).toContain('config.toml does not exist');
    const example = fileURLToPath(new URL('../../../config.toml.example', import.meta.url));
    expect(stderr).toContain(`cp ${example} config.toml`);
    expect(stderr).toContain('make demo');
    expect(status).toBe(2);
  });

  it('lists every problem of a configuration, and starts nothing', () => {
    writeFileSync(join(folder, 'config.toml'), `${CONFIG}[server]\nprot = 1\n`);
    for (const command of [['start'], ['config', 'check']]) {
      const { stdout, stderr, status } = zephyr(...command);
      expect(stdout + stderr).toContain('config.toml has 2 problems');
      expect(stdout + stderr).toContain('did you mean port?');
      expect(status).toBe(2);
    }
  });

  it('accepts a valid configuration, also with the token in .env', () => {
    writeFileSync(join(folder, 'config.toml'), CONFIG.replace('a.example.com', 'a.relay.net'));
    writeFileSync(join(folder, '.env'), 'TOKEN_A="sk-ant-Zq83kd02mm"', { mode: 0o600 });
    expect(zephyr('config', 'check')).toMatchObject({
      stdout: 'config.toml has no errors: 1 endpoint in 1 group.\n',
      status: 0,
    });
    expect(JSON.parse(zephyr('config', 'check', '--json').stdout)).toEqual({
      ok: true,
      problems: [],
      notes: [],
    });
  });

  it('warns of an address from the example and of an .env that others can read', () => {
    writeFileSync(join(folder, 'config.toml'), CONFIG);
    writeFileSync(join(folder, '.env'), 'TOKEN_A="sk-ant-Zq83kd02mm"', { mode: 0o600 });
    chmodSync(join(folder, '.env'), 0o644);
    const { stdout, status } = zephyr('config', 'check');
    expect(stdout).toContain('! A: a.example.com is a placeholder from the example');
    expect(stdout).toContain(
      '! .env is readable by other users of this machine; run: chmod 600 .env',
    );
    expect(status).toBe(0);
  });

  it.each([
    [['strat'], 'did you mean start?'],
    [['demo', '--port', '99999'], '--port 99999 is not a port'],
    [['demo', '--port', '65534'], '--port 65533 at most'],
    [['start', '--confg', 'x'], 'did you mean --config?'],
    [['start', '--env-file', 'none'], '--env-file none: this file does not exist'],
    [['config', 'check', '--env-file', 'none'], '--env-file none: this file does not exist'],
    // Not that of the default port, which may be another system.
    [['disable', 'A', '--config', 'none'], 'none does not exist'],
    [['status', '--url', 'http://ann:hidden@127.0.0.1:1'], '--url has a user or a password in it'],
    [['completion', 'tcsh'], 'one of: bash, zsh, fish'],
    [['secrets', 'made', '--redis', 'foo'], '--redis foo is not a host and a port'],
    [['secrets', 'made', '--redis', 'foo:99999'], '--redis foo:99999 is not a host and a port'],
    [['secrets', 'made', '--redis', 'redis://foo:1'], 'is not a host and a port'],
    [['replay', '--file', 'none'], '--file none: this file does not exist'],
  ])('refuses %j with a hint', (args, hint) => {
    const { stderr, status } = zephyr(...args);
    expect(stderr).toContain(hint);
    expect(status).toBe(2);
  });

  it('reports errors of the configuration and the command line in the configured language', () => {
    const config = CONFIG.replace('a.example.com', 'a.relay.net/v1');
    writeFileSync(
      join(folder, 'config.toml'),
      `${config}[ui]\nlanguage = "zh"\n[server]\nprot = 1\nport = -1\n[[clients]]\nname = "a b"\n`,
    );
    const { stdout } = zephyr('config', 'check');
    expect(stdout).toMatch(/^config\.toml 中有 \d 个问题：/);
    expect(stdout).toContain('处理：您是否想写 port？');
    expect(stdout).toContain('当前：以 /v1 结尾的 URL');
    expect(stdout).toContain('应为：1 至 40 个字母、数字、. _ -');
    expect(stdout).not.toMatch(/found:|expected|to do:/);
    expect(zephyr('start').stderr).toBe(stdout);
    expect(zephyr('strat').stderr).toBe(
      '没有命令 strat\n  您是否想写 start？\n  zephyr --help 列出命令，zephyr help <命令> 列出其选项\n',
    );
    expect(zephyr('probe', '--style', 'x').stderr).toContain('--style <style> 不能是 x');
    const proxy = spawnSync(process.execPath, [PROXY], { cwd: folder, encoding: 'utf8', env: {} });
    expect(proxy.stderr).toContain('当前：以 /v1 结尾的 URL');
  });

  it('calls the controller named in the environment, as in a team’s containers', () => {
    const url = 'http://127.0.0.1:9';
    const { stderr, status } = spawnSync(ZEPHYR, ['status'], {
      cwd: folder,
      // With a secret, so that the command re-executes itself without it.
      env: { PATH: process.env['PATH'], LANG: 'C', AUTH_TOKEN_X: 's', ZEPHYR_CONTROLLER_URL: url },
      encoding: 'utf8',
    });
    expect(stderr).toContain(`cannot reach the controller at ${url}`);
    expect(status).toBe(1);
  });

  it('reports what it generated, and the second time that there was nothing to do', () => {
    expect(zephyr('secrets', 'made', '--redis', '[fd00::1]:6379').stdout).toContain(
      'created made/proxy/redis-url',
    );
    expect(zephyr('secrets', 'made')).toMatchObject({
      stdout: 'made already has all passwords; none was changed\n',
      status: 0,
    });
  });

  it('reads the default .env only if it exists', () => {
    writeFileSync(join(folder, 'config.toml'), CONFIG);
    const { stdout } = zephyr('config', 'check');
    expect(stdout).toContain('TOKEN_A, which is not set');
  });

  it('reports that no demo is running', () => {
    const { stderr, status } = zephyr('demo', 'kill', 'Tokyo');
    expect(stderr).toContain('no demo is running');
    expect(status).toBe(1);
  });
});
