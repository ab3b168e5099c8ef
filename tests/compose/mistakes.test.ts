/** `make up` run by a newcomer: every mistake is reported, with advice. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { createStack, type Stack, whyNoContainers } from './stack.ts';

const missing = whyNoContainers();
const root = join(import.meta.dirname, '../..');

describe.skipIf(missing !== undefined)('make up', { timeout: 600_000 }, () => {
  let stack: Stack;
  let config: string;

  beforeAll(async () => {
    stack = await createStack();
    config = readFileSync(stack.configPath, 'utf8');
  }, 300_000);
  beforeEach(() => {
    writeFileSync(stack.configPath, config);
    chmodSync(stack.configPath, 0o644);
  });
  afterAll(() => stack?.remove(), 120_000);

  const up = (folder = root) => {
    const env = { ...stack.environment, ZEPHYR_TOKENS: 'deploy/demo/.env' };
    const script = join(folder, 'scripts/compose-up.sh');
    const { status, stdout, stderr } = spawnSync(script, { env, encoding: 'utf8' });
    return { status, output: `${stdout}${stderr}` };
  };

  it('reports a missing token before anything is started, and after one image', async () => {
    writeFileSync(stack.configPath, config.replace('"DEMO_TOKEN"', '"MY_TOKEN"'));
    const { status, output } = up();
    const image = `zephyr-proxy:${stack.environment['ZEPHYR_VERSION']}`;
    expect(spawnSync('docker', ['image', 'inspect', image]).status).toBe(1);
    expect(output).toContain('MY_TOKEN, which is not set');
    expect(output).toContain('write MY_TOKEN=');
    expect(status).toBe(2);
    expect(await stack.compose('ps', '--all', '--quiet')).toBe('');
  });

  it('reports a key that does not exist, with its line', () => {
    writeFileSync(stack.configPath, config.replace('[server]', '[server]\nporrt = 1'));
    const { status, output } = up();
    expect(output).toMatch(/config\.toml:\d+.*porrt/);
    expect(status).toBe(2);
  });

  it('reports a file that the services may not read, or its folder', () => {
    const folder = dirname(stack.configPath);
    for (const closed of [stack.configPath, folder]) {
      chmodSync(closed, 0o700);
      const { status, output } = up();
      chmodSync(folder, 0o755);
      expect(output).toContain(`${stack.configPath}: EACCES`);
      expect(output).toContain('chmod a+r for the file, a+rx for its folder');
      expect(status).toBe(2);
      chmodSync(stack.configPath, 0o644);
    }
  });

  // The first test that builds all images.
  it('reports a port in use, and how to set another', { timeout: 900_000 }, async () => {
    const other = createServer().listen(Number(stack.environment['ZEPHYR_PORT']), '127.0.0.1');
    await once(other, 'listening');
    const { status, output } = up();
    other.close();
    expect(output).toContain('address already in use');
    const port = Number(stack.environment['ZEPHYR_PORT']);
    expect(output).toContain(`Port ${port} is taken: set ZEPHYR_PORT=${port + 1000} in .env`);
    expect(status).not.toBe(0);
  });

  it('reports that nobody could use the proxy, before anything is built', () => {
    writeFileSync(stack.configPath, config.replace('open = true', ''));
    const { status, output } = up();
    expect(output).toContain('make client NAME=ann');
    expect(output).not.toContain('building');
    expect(status).toBe(2);
  });

  it('knows the rules of every service, and the path of the configuration on this host', async () => {
    // An empty list: only the proxy's rule catches it.
    writeFileSync(stack.configPath, `clients = []\n${config.replace('open = true', '')}`);
    const { status, output } = up();
    expect(output).toContain('server.host');
    expect(output).toContain('give each person a key');
    expect(output).toContain(stack.configPath);
    expect(status).toBe(2);
  });

  // As on hardened hosts: no image may depend on the umask, and no file of the clone be mounted.
  it('works from a clone that was made with a umask of 077', { timeout: 900_000 }, async () => {
    const clone = mkdtempSync(join(tmpdir(), 'zephyr-clone-'));
    onTestFinished(() => rmSync(clone, { recursive: true }));
    const copy =
      'git ls-files -z | tar --create --null --files-from - | tar --extract --directory "$0"';
    execFileSync('sh', ['-c', copy, clone], { cwd: root });
    execFileSync('chmod', ['-R', 'go=', clone]);
    const compose = (...args: string[]) =>
      execFileSync('docker', ['compose', '--env-file', 'deploy/demo/.env', ...args], {
        ...{ cwd: clone, env: stack.environment, encoding: 'utf8', stdio: 'pipe' },
      });
    // Fails if a container becomes unhealthy.
    compose('up', '--detach', '--build', '--wait');
    const rules = 'http://127.0.0.1:9090/api/v1/rules';
    expect(compose('exec', '-T', 'prometheus', 'wget', '-q', '-O', '-', rules)).toContain(
      'ZephyrAllEndpointsDown',
    );
    // Grafana would not report that it cannot read them.
    for (const file of ['dashboards/overview.json', 'provisioning/datasources/prometheus.yml']) {
      const inContainer = compose('exec', '-T', 'grafana', 'cat', `/etc/grafana/${file}`);
      expect(inContainer).toBe(readFileSync(join(root, 'grafana', file), 'utf8'));
    }
    const { status, output } = up(clone);
    expect(output).toContain('export ANTHROPIC_BASE_URL=');
    expect(status).toBe(0);
  });

  it('is stopped completely by make down, whatever it started', async () => {
    const down = join(root, 'scripts/compose-down.sh');
    const { status, stderr } = spawnSync(down, { env: stack.environment, encoding: 'utf8' });
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
    expect(await stack.compose('ps', '--all', '--quiet')).toBe('');
  });

  it('prints at the end what a person needs and which endpoints answered', async () => {
    await stack.compose('--profile', 'demo', 'up', '--detach', '--wait', 'simulated-a');
    const { status, output } = up();
    expect(output).toContain(
      `export ANTHROPIC_BASE_URL=http://127.0.0.1:${stack.environment['ZEPHYR_PORT']}`,
    );
    expect(output).toMatch(/Simulated A +serving/);
    // On a loaded machine the CLI may take longer than `make up` waits for it.
    expect(output).toMatch(
      /Simulated B: host name not found|The probes of .*Simulated B.* are still running/,
    );
    expect(output).toContain('cat /run/secrets/admin-token');
    expect(status).toBe(0);
  });
});
