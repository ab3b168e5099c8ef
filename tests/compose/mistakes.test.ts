/** `make up` by somebody new: each mistake is told with what to do, in the words of the part itself. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createStack, type Stack, whyNoContainers } from './stack.ts';

const missing = whyNoContainers();
const script = join(import.meta.dirname, '../../scripts/compose-up.sh');

describe.skipIf(missing !== undefined)('make up', { timeout: 300_000 }, () => {
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

  const up = () => {
    const env = { ...stack.environment, ZEPHYR_TOKENS: 'deploy/demo/.env' };
    const { status, stdout, stderr } = spawnSync(script, { env, encoding: 'utf8' });
    return { status, told: `${stdout}${stderr}` };
  };

  it('tells of a token that is missing before anything is started', async () => {
    writeFileSync(stack.configPath, config.replace('"DEMO_TOKEN"', '"MY_TOKEN"'));
    const { status, told } = up();
    expect(told).toContain('MY_TOKEN, which is not set');
    expect(told).toContain('write MY_TOKEN=');
    expect(status).toBe(2);
    expect(await stack.compose('ps', '--all', '--quiet')).toBe('');
  });

  it('tells of a key that does not exist, with its line', () => {
    writeFileSync(stack.configPath, config.replace('[server]', '[server]\nporrt = 1'));
    const { status, told } = up();
    expect(told).toMatch(/config\.toml:\d+.*porrt/);
    expect(status).toBe(2);
  });

  it('tells of a file that the services may not read', () => {
    chmodSync(stack.configPath, 0o600);
    const { status, told } = up();
    expect(told).toContain('chmod a+r');
    expect(status).toBe(2);
  });

  it('tells of a port that is taken, and how to take another', async () => {
    const other = createServer().listen(Number(stack.environment['ZEPHYR_PORT']), '127.0.0.1');
    await once(other, 'listening');
    const { status, told } = up();
    other.close();
    expect(told).toContain('address already in use');
    expect(told).toContain('ZEPHYR_PORT');
    expect(status).not.toBe(0);
  });

  it('says that nobody could use it, before anything is built', () => {
    writeFileSync(stack.configPath, config.replace('open = true', ''));
    const { status, told } = up();
    expect(told).toContain('make client NAME=ann');
    expect(told).not.toContain('building');
    expect(status).toBe(2);
  });

  it('knows the rules of every service, and the path of the configuration on this host', async () => {
    // A list without anybody: only the proxy's rule finds it.
    writeFileSync(stack.configPath, `clients = []\n${config.replace('open = true', '')}`);
    const { status, told } = up();
    expect(told).toContain('server.host');
    expect(told).toContain('give each person a key');
    expect(told).toContain(stack.configPath);
    expect(status).toBe(2);
  });

  it('is ended whole by make down, after whatever it started', async () => {
    const down = join(script, '../compose-down.sh');
    const { status, stderr } = spawnSync(down, { env: stack.environment, encoding: 'utf8' });
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
    expect(await stack.compose('ps', '--all', '--quiet')).toBe('');
  });

  it('ends with what a person needs and which endpoints answered', async () => {
    await stack.compose('--profile', 'demo', 'up', '--detach', '--wait', 'simulated-a');
    const { status, told } = up();
    expect(told).toContain(
      `export ANTHROPIC_BASE_URL=http://127.0.0.1:${stack.environment['ZEPHYR_PORT']}`,
    );
    expect(told).toMatch(/Simulated A +serving/);
    expect(told).toMatch(/Simulated B: name not found/);
    expect(told).toContain('cat /run/secrets/admin-token');
    expect(status).toBe(0);
  });
});
