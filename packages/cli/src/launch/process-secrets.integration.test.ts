/**
 * What other programs of the same user, such as the Claude CLI of a probe, can read of our
 * processes: nothing that is a secret, however they were started.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@zephyr/testkit/eventually';

import { makeFakeClaude } from '@zephyr/testkit/fake-claude';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const started = new Set<ChildProcess>();
let folder: string;
/** Different in each run, so that leftovers of other runs do not count. */
let canary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-processes-'));
  canary = `canary-${Math.random().toString(36).slice(2)}-0123456789`;
});
afterEach(async () => {
  for (const child of started) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  started.clear();
  rmSync(folder, { recursive: true });
});

/** `TOKEN_A` comes from .env or from the environment; all others from the environment. */
function secretVariables(tokenFrom: 'env file' | 'environment'): Record<string, string> {
  const line = `TOKEN_A=${canary}-token`;
  writeFileSync(join(folder, '.env'), tokenFrom === 'env file' ? line : '');
  return {
    ...(tokenFrom === 'environment' ? { TOKEN_A: `${canary}-token` } : {}),
    KEY_ANN: `${canary}-key-of-ann`,
    ZEPHYR_ADMIN_TOKEN: `${canary}-admin`,
    ANTHROPIC_API_KEY: `${canary}-person`,
    AWS_SECRET_ACCESS_KEY: `${canary}-cloud`,
  };
}

function writeConfig(endpointUrl: string, claudePath: string): void {
  writeFileSync(
    join(folder, 'config.toml'),
    `[server]\nport = 0\n[controller]\nport = 0\n[prober]\nport = 0
    [health_check]\nclaude_binary_path = "${claudePath}"
    [[clients]]\nname = "ann"\nkey_env = "KEY_ANN"
    [[groups]]\nname = "main"\nauth_token_env = "TOKEN_A"
    endpoints = [{ url = "${endpointUrl}", name = "One" }]`,
  );
}

function run(program: string, args: readonly string[], variables: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, program), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: folder, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.add(child);
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += bytes;
  });
  return { child, output: () => output };
}

/** The processes of this machine in whose environment or arguments the canary is. */
function processesThatShow(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['environ', 'cmdline'].flatMap((file) => {
        try {
          const content = readFileSync(`/proc/${pid}/${file}`, 'latin1');
          return content.includes(text) ? [`${file} of ${pid}`] : [];
        } catch {
          return [];
        }
      }),
    );
}

/** Handover files with our canary; other tests create some too. */
const leftInMemory = () =>
  readdirSync('/dev/shm').filter((name) => {
    try {
      return readFileSync(`/dev/shm/${name}/environment`, 'utf8').includes(canary);
    } catch {
      return false;
    }
  });

describe.skipIf(process.platform !== 'linux')('our processes', () => {
  it.for(['env file', 'environment'] as const)(
    'show no secret while a probe runs, with the token from the %s',
    async (tokenFrom, { onTestFinished }) => {
      const upstream = await startScriptedUpstream();
      onTestFinished(() => upstream.stop());
      const claude = makeFakeClaude('readsProcesses');
      writeConfig(upstream.url, claude);
      const { output } = run(
        'packages/cli/src/main.ts',
        ['start', '--headless'],
        secretVariables(tokenFrom),
      );
      const outputFile = join(dirname(claude), 'output');
      await eventually(() => expect(existsSync(outputFile), output()).toBe(true), 100);
      expect(processesThatShow(canary)).toEqual([]);
      const read = readFileSync(outputFile, 'utf8');
      // As booleans: a failure must not print this machine's environments.
      expect(read.includes('ZEPHYR_PROBE=')).toBe(true);
      expect(read.includes(canary)).toBe(false);
      expect(output().includes(canary)).toBe(false);
      expect(leftInMemory()).toEqual([]);
    },
  );

  it.each(['proxy', 'prober', 'controller'])(
    'show no secret when the %s is started alone, as in a container, twice',
    async (service) => {
      writeConfig('https://one.invalid', makeFakeClaude('exits3'));
      const { startRedisServer } = await import('@zephyr/runtime/redis/private-server');
      const redis = await startRedisServer();
      for (let round = 0; round < 2; round += 1) {
        const { child, output } = run(`services/${service}/src/main.ts`, [], {
          ...secretVariables('environment'),
          ZEPHYR_REDIS_URL: redis.url,
        });
        await eventually(() => expect(output()).toContain('"msg":"ready"'), 100);
        expect(processesThatShow(canary)).toEqual([]);
        expect(readFileSync(`/proc/${child.pid}/environ`, 'latin1')).toContain(`HOME=${folder}`);
        expect(output()).not.toContain(canary);
        expect(leftInMemory()).toEqual([]);
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await redis.stop();
    },
  );
});
