import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { translator } from '@zephyr/texts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { installService, serviceStatus, uninstallService } from './service.ts';

const CONFIG = `[[groups]]
name = "main"
auth_token_env = "TEAM_TOKEN"
[[groups.endpoints]]
url = "http://127.0.0.1:9"
name = "one"
`;
const say = translator('en');
const hasAnalyzer = spawnSync('systemd-analyze', ['--version']).status === 0;

/** A container has no systemd user session. */
describe('the systemd user service', () => {
  let folder: string;
  let calls: string;
  let options: { config: string; envFile: string };
  let environment: Record<string, string>;
  const path = process.env['PATH'] ?? '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr service-'));
    // Characters that a shell or systemd would interpret.
    const place = join(folder, 'it\'s 100% $HOME "here"');
    mkdirSync(place);
    options = { config: join(place, 'config.toml'), envFile: join(place, '.env') };
    writeFileSync(options.config, CONFIG);
    writeFileSync(options.envFile, 'TEAM_TOKEN=secret-of-the-team\n', { mode: 0o600 });
    calls = join(folder, 'calls');
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'systemctl'),
      `#!/bin/sh\necho "$*" >> "${calls}"\ncase $2 in is-active) [ -e "${folder}/running" ] ;; restart) touch "${folder}/running" ;; disable) rm -f "${folder}/running" ;; esac\n`,
    );
    chmodSync(join(bin, 'systemctl'), 0o755);
    process.env['PATH'] = `${bin}${delimiter}${path}`;
    environment = { XDG_CONFIG_HOME: join(folder, 'etc'), XDG_STATE_HOME: join(folder, 'state') };
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true });
  });

  const unitPath = (): string => join(folder, 'etc', 'systemd', 'user', 'claude-zephyr.service');

  it('is installed, replaced, reported and removed, twice', async () => {
    for (const round of [1, 2]) {
      expect((await serviceStatus(environment, say, 'linux')).exitCode, `round ${round}`).toBe(1);
      expect(await installService(options, environment, 'linux')).toContain(unitPath());
      await installService({ ...options, port: 9_080 }, environment, 'linux');
      expect(await serviceStatus(environment, say, 'linux')).toMatchObject({ exitCode: 0 });
      expect(readFileSync(unitPath(), 'utf8')).toContain('"--port" "9080"');
      await uninstallService(environment, say, 'linux');
      expect(existsSync(unitPath())).toBe(false);
      expect(await uninstallService(environment, say, 'linux')).toContain('not installed');
    }
    expect(readFileSync(calls, 'utf8')).toContain('--user enable claude-zephyr.service');
  });

  it('has a unit without secrets, which systemd reads literally', async (context) => {
    await installService(options, environment, 'linux');
    const unit = readFileSync(unitPath(), 'utf8');
    expect(unit).not.toContain('secret-of-the-team');
    context.skip(!hasAnalyzer, 'systemd-analyze is not here: apt-get install systemd');
    const verdict = spawnSync('systemd-analyze', ['verify', '--user', unitPath()], {
      encoding: 'utf8',
    });
    // Other units on this machine may have their own errors.
    const ours = verdict.stderr.split('\n').filter((line) => line.includes('claude-zephyr'));
    expect(ours).toEqual([]);
    expect(unit).toContain(`it's 100%% $$HOME \\"here\\"/config.toml`);
  });

  it('finds the Node that installed it, and the person’s programs', async () => {
    const found = ['/opt/my redis/bin', '/50%$'].join(delimiter);
    await installService(options, { ...environment, PATH: found }, 'linux');
    const node = dirname(process.execPath);
    expect(readFileSync(unitPath(), 'utf8')).toContain(
      `Environment="PATH=${node}:/opt/my redis/bin:/50%%$"\n`,
    );
  });

  it('refuses a token that only this shell has, and writes nothing', async () => {
    writeFileSync(options.envFile, '');
    const shell = { ...environment, TEAM_TOKEN: 'secret-of-the-team' };
    await expect(installService(options, shell, 'linux')).rejects.toThrow(/TEAM_TOKEN/);
    expect(existsSync(unitPath())).toBe(false);
    expect(existsSync(calls)).toBe(false);
  });

  it('reports what systemctl printed', async () => {
    writeFileSync(
      join(folder, 'bin', 'systemctl'),
      '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n',
    );
    await expect(installService(options, environment, 'linux')).rejects.toThrow(
      /daemon-reload failed: Failed to connect to bus/,
    );
    // Nothing was installed, as status and uninstall report.
    expect(existsSync(unitPath())).toBe(false);
    expect((await serviceStatus(environment, say, 'linux')).text).toContain('not installed');
  });

  it('is not reported as stopped if systemd cannot be queried', async () => {
    await installService(options, environment, 'linux');
    const before = readFileSync(unitPath(), 'utf8');
    writeFileSync(
      join(folder, 'bin', 'systemctl'),
      '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n',
    );
    await expect(serviceStatus(environment, say, 'linux')).rejects.toThrow(/connect to bus/);
    await expect(installService({ ...options, port: 9_080 }, environment, 'linux')).rejects.toThrow(
      /connect to bus/,
    );
    expect(readFileSync(unitPath(), 'utf8')).toBe(before);
  });
});

describe('the launchd agent', () => {
  it('is XML with the command to run', async (context) => {
    const hasPython = spawnSync('python3', ['--version']).status === 0;
    context.skip(!hasPython, 'python3, which reads property lists, is not here');
    const { launchdAgent } = await import('./definition.ts');
    const text = launchdAgent({
      ...{ programPath: '/opt/zephyr', configPath: '/Users/ann/a & <b>/config.toml' },
      ...{ envFilePath: '/Users/ann/.env', workingFolder: '/Users/ann', port: undefined },
      ...{ stopLimitSeconds: 45, logPath: '/Users/ann/zephyr.log', searchPath: '/opt/n&de:/bin' },
    });
    const python =
      'import plistlib,json,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const plist = JSON.parse(
      execFileSync('python3', ['-c', python], { input: text, encoding: 'utf8' }),
    );
    expect(plist).toMatchObject({
      ProgramArguments: [
        ...['/opt/zephyr', 'start', '--headless', '--config', '/Users/ann/a & <b>/config.toml'],
        ...['--env-file', '/Users/ann/.env'],
      ],
      EnvironmentVariables: { PATH: '/opt/n&de:/bin' },
      KeepAlive: { SuccessfulExit: false },
    });
  });
});
