/** What `make` reports before it downloads, builds or starts anything. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, script), args, {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, text: stdout + stderr };
}

/** A PATH with only these system programs, and an npm that fails the test if it runs. */
function poorPath(programs: readonly string[]): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of programs) {
    const path = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout;
    symlinkSync(path.trim(), join(bin, program));
  }
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho npm was asked\nexit 9\n', { mode: 0o755 });
  return bin;
}

const BASICS = ['sh', 'dirname', 'id', 'sed', 'cat', 'cksum', 'head', 'uname', 'ls'];

/** A server on a port whose preceding port is free. */
async function listenAfterFreePort(): Promise<Server> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const second = createServer().listen((first.address() as AddressInfo).port + 1, '127.0.0.1');
    const isListening = await once(second, 'listening').then(
      () => true,
      () => false,
    );
    first.close();
    await once(first, 'close');
    if (isListening) return second;
  }
}

describe('setup', () => {
  it('lists the ways to get a Redis before it runs npm, if it cannot install one', () => {
    const { status, text } = run('setup.sh', [], { PATH: poorPath(BASICS) });
    for (const way of ['ZEPHYR_REDIS_URL', 'docker run', 'conda', 'brew', 'nix-shell', 'apt-get'])
      expect(text).toContain(way);
    expect(text).not.toContain('npm was asked');
    expect(status).toBe(1);
  });

  it('accepts a Redis given by its URL', () => {
    const env = { PATH: poorPath(BASICS), ZEPHYR_REDIS_URL: 'redis://10.0.0.1' };
    expect(run('setup.sh', [], env).text).not.toContain('a Redis server is missing');
  });

  it.each([
    ['start', '.env', "ZEPHYR_REDIS_URL='redis://10.0.0.1'\n", true],
    ['start', 'config.toml', '[redis] # ours\n  url = "redis://10.0.0.1"\n', true],
    ['start', 'config.toml', '[redis]\n# url = "redis://10.0.0.1"\n[server]\nurl = "x"\n', false],
    // It uses neither of the two.
    ['demo', '.env', "ZEPHYR_REDIS_URL='redis://10.0.0.1'\n", false],
  ])('for %s, a Redis in %s with %j is one: %s', (purpose, file, text, isOne) => {
    for (const script of ['setup.sh', 'settings.sh']) {
      cpSync(join(import.meta.dirname, script), join(folder, 'scripts', script));
    }
    writeFileSync(join(folder, file), text);
    const PATH = poorPath([...BASICS, 'awk', 'tail', 'printenv']);
    const { stderr } = spawnSync(join(folder, 'scripts/setup.sh'), [purpose, '0'], {
      env: { PATH },
      encoding: 'utf8',
    });
    expect(stderr.includes('a Redis server is missing')).toBe(!isOne);
  });

  it('names a port that is in use, and the make command for another, before any download', async () => {
    const other = await listenAfterFreePort();
    const { port } = other.address() as AddressInfo;
    const PATH = poorPath([...BASICS, 'node']);
    // The proxy's is free; the one after it is not.
    const { status, text } = run('setup.sh', ['demo', String(port - 1)], { PATH });
    other.close();
    expect(text).toContain(`port ${port} is in use`);
    expect(text).toContain(`make demo PORT=${port + 999}`);
    expect(text).not.toContain('npm was asked');
    expect(status).toBe(1);
  });

  it.each(['abc', '8o80', '65536', '80800'])('rejects PORT=%s before any download', (port) => {
    const PATH = poorPath([...BASICS, 'node']);
    const { status, text } = run('setup.sh', ['demo', port], { PATH });
    expect(text).toContain(`PORT=${port} is no port`);
    expect(text).not.toContain('npm was asked');
    expect(status).toBe(1);
  });

  it('uses the configured port if none is given', async () => {
    const other = await listenAfterFreePort();
    const { port } = other.address() as AddressInfo;
    const ZEPHYR_CONFIG = join(folder, 'config.toml');
    writeFileSync(
      ZEPHYR_CONFIG,
      `[server] # of people\nhost = "::"\nport = ${port} # not 1\n[controller]\nport = 1\n`,
    );
    const PATH = poorPath([...BASICS, 'node', 'awk']);
    const { status, text } = run('setup.sh', ['start'], { PATH, ZEPHYR_CONFIG });
    other.close();
    expect(text).toContain(`port ${port} is in use`);
    expect(text).toContain(`make start PORT=${port + 1000}`);
    expect(text).not.toContain('npm was asked');
    expect(status).toBe(1);
  });
});

describe('a command in a fresh clone', () => {
  it.each([
    [false, 'npm was asked'],
    [true, 'zephyr config check'],
  ])(
    'installs what it runs on, without a Redis; where that is there (%s), it only runs',
    (isThere, text) => {
      for (const script of ['zephyr.sh', 'setup.sh', 'settings.sh']) {
        cpSync(join(import.meta.dirname, script), join(folder, 'scripts', script));
      }
      mkdirSync(join(folder, 'packages/cli/bin'), { recursive: true });
      const program = '#!/bin/sh\necho "zephyr $*"\n';
      writeFileSync(join(folder, 'packages/cli/bin/zephyr'), program, { mode: 0o755 });
      if (isThere) mkdirSync(join(folder, 'node_modules/commander'), { recursive: true });
      for (const file of ['package-lock.json', '.npmrc']) writeFileSync(join(folder, file), '');
      const PATH = poorPath([...BASICS, 'node']);
      const npm =
        '#!/bin/sh\n[ "$1" = --version ] && echo 99.0.0 && exit\necho npm was asked\nexit 9\n';
      writeFileSync(join(folder, 'bin/npm'), npm);
      const { stdout } = spawnSync(join(folder, 'scripts/zephyr.sh'), ['config', 'check'], {
        env: { PATH },
        encoding: 'utf8',
      });
      expect(stdout.trim()).toBe(text);
    },
  );
});

describe('a team on one host', () => {
  const write = (config: string, tokens = 'TOKEN="sk-1"\n') => {
    writeFileSync(join(folder, 'config.toml'), config);
    writeFileSync(join(folder, '.env'), tokens);
  };
  const env = () => ({ ZEPHYR_CONFIG_FOLDER: folder, ZEPHYR_TOKENS: join(folder, '.env') });

  it.each([
    ['client without a name', 'compose-client.sh', [], 'make client NAME=ann'],
    [
      'client before the configuration exists',
      'compose-client.sh',
      ['ann'],
      'cp config.toml.example',
    ],
    ['up before the configuration exists', 'compose-up.sh', [], 'cp config.toml.example'],
  ])('%s: says what to do', (_, script, args, what) => {
    const { status, text } = run(script, args, env());
    expect(text).toContain(what);
    expect(status).toBe(2);
  });

  it('up with no clients: reports it before it builds', () => {
    write('[server]\n# open = true\n# [[clients]]\n');
    const { status, text } = run('compose-up.sh', [], env());
    expect(text).toContain('nobody could use the proxy yet');
    expect(text).not.toContain('building');
    expect(status).toBe(2);
  });

  it.each([
    ['[ui]\nlanguage = "zh"\n', 'C', '还没有人能使用代理'],
    ['[ui]\nlanguage = "en"\n', 'zh_CN.UTF-8', 'nobody could use the proxy yet'],
    ['[server]\n', 'zh_CN.UTF-8', '还没有人能使用代理'],
    ['[server]\n', 'C', 'nobody could use the proxy yet'],
  ])(
    'speaks the language of the configuration %j, else of the terminal: %s',
    (config, LANG, text) => {
      write(config);
      expect(run('compose-up.sh', [], { ...env(), LANG }).text).toContain(text);
    },
  );

  it.each([
    ["TOKEN='a$b'\n# costs $ 5\n", false],
    ['TOKEN=1\nexport OTHER = "a$b"\n', true],
  ])(
    'up with %j in .env: a value that compose would read differently is rejected: %s',
    (tokens, isRejected) => {
      write('[server]\nopen = true\n', tokens);
      // Without an engine it stops after its own checks.
      const { text } = run('compose-up.sh', [], { ...env(), DOCKER_HOST: `unix://${folder}/none` });
      expect(text.includes(':2: the value of OTHER means something else to compose')).toBe(
        isRejected,
      );
      expect(text).not.toContain('building');
    },
  );

  it.each([
    ['[controller]\n', '', 'http://10.0.0.5:8081\n'],
    ['[controller]\ntls_cert_file = "/config/a.pem"\n', '', 'set ZEPHYR_CONTROLLER_URL in .env'],
    [
      '[controller]\ntls_cert_file = "/config/a.pem"\n',
      'https://zephyr.lan:8081',
      'https://zephyr.lan:8081\n',
    ],
  ])('commands with %j and the address %j find the controller', (config, url, expected) => {
    write(config);
    // A fake docker with running containers; running the command shows the address.
    const docker = `#!/bin/sh
case "$*" in
  "compose "*" ps "*) echo 4711 ;;
  "compose "*" run "*) echo "$ZEPHYR_CONTROLLER_URL" ;;
  "inspect "*) echo "zephyr_core 10.0.0.5" ;;
esac
`;
    mkdirSync(join(folder, 'docker'));
    writeFileSync(join(folder, 'docker/docker'), docker, { mode: 0o755 });
    const PATH = `${join(folder, 'docker')}:${process.env['PATH']}`;
    const { text } = run('compose-cli.sh', ['status'], {
      ...env(),
      PATH,
      ZEPHYR_CONTROLLER_URL: url,
    });
    expect(text).toContain(expected);
  });

  it.each([
    ['[[notify]]\nkind = "slack"\n', true],
    ['notify = [{ kind = "slack" }]\n', true],
    ['# [[notify]]\n[server]\n', false],
  ])('give the controller a way out only where it notifies somebody: %j', (config, isOpen) => {
    write(config);
    const docker = '#!/bin/sh\necho "$@"\n';
    mkdirSync(join(folder, 'docker'));
    writeFileSync(join(folder, 'docker/docker'), docker, { mode: 0o755 });
    const PATH = `${join(folder, 'docker')}:${process.env['PATH']}`;
    const { text } = run('compose.sh', ['up'], { ...env(), PATH });
    expect(text.includes('-f deploy/compose/notify.yml')).toBe(isOpen);
  });

  it('refuses a number of proxies that it cannot run', () => {
    const { status, text } = run('compose.sh', ['ps'], { ZEPHYR_PROXIES: '9' });
    expect(text).toContain('1 to 8');
    expect(status).toBe(2);
  });
});
