/**
 * Rule: whatever a start rejects in a configuration, `zephyr config check` rejects with the same sentence.
 * Each case runs through both, alone and combined with others.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { start } from '../lifecycle/start.ts';
import { checkConfig } from './config-check.ts';

interface Document {
  readonly server: string;
  readonly controller: string;
  readonly probes: string;
  readonly groups: string;
  readonly endpoint: string;
  readonly env: string;
  /** The process environment. */
  readonly environment: Readonly<Record<string, string>>;
}

const quiet = { progress: () => undefined, signal: new AbortController().signal };

const SOUND: Document = {
  server: '',
  controller: '',
  probes: '',
  groups: '[[groups]]',
  endpoint: 'url = "https://one.example.net"',
  env: "TOKEN='sk-ant-Zq83kd02mmQp'\n",
  environment: {},
};

const ADMIN_TOKEN = 'Zq83kd02mmQpRr71Kd93';

const variable = (environment: Record<string, string>, says: string): Mistake => ({
  change: { environment },
  says,
});

interface Mistake {
  readonly change: Partial<Document>;
  /** The message of both. */
  readonly says: string;
}

const url = (text: string, says: string): Mistake => ({
  change: { endpoint: `url = "${text}"` },
  says,
});

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'an open host without keys': {
    change: { server: 'host = "0.0.0.0"' },
    says: '0.0.0.0, which other machines can reach, and no [[clients]]',
  },
  'an address of another machine': {
    change: { server: 'host = "203.0.113.9"\nopen = true' },
    says: '"203.0.113.9", where this machine cannot listen (EADDRNOTAVAIL)',
  },
  'what is no address at all': {
    change: {
      controller: 'host = "fe80::1%none"',
      env: `${SOUND.env}ZEPHYR_ADMIN_TOKEN=${ADMIN_TOKEN}\n`,
    },
    says: '"fe80::1%none", where this machine cannot listen',
  },
  'a controller for others without a token': {
    change: { controller: 'host = "0.0.0.0"' },
    says: '0.0.0.0 with no admin token (ZEPHYR_ADMIN_TOKEN)',
  },
  'a weak admin token': {
    change: { env: `${SOUND.env}ZEPHYR_ADMIN_TOKEN=short\n` },
    says: 'ZEPHYR_ADMIN_TOKEN, which has 5 characters',
  },
  'a program that is not there': {
    change: { probes: 'claude_binary_path = "/nowhere/claude"' },
    says: '"/nowhere/claude", which is not a program',
  },
  'a program that is not in the home folder': {
    change: { probes: 'claude_binary_path = "~/nowhere/claude"' },
    says: '"~/nowhere/claude", which is not a program',
  },
  'a program in the home folder of somebody else': {
    change: { probes: 'claude_binary_path = "~nobody/claude"' },
    says: '"~nobody/claude", which is not a program',
  },
  'an address in brackets': {
    change: { server: 'host = "[::1]"' },
    says: 'write it without brackets: host = "::1"',
  },
  'a single table of groups': {
    change: { groups: '[groups]' },
    says: 'write [[groups]] with two brackets',
  },
  'the path of a request': url('https://one.example.net/v1/messages', 'ends in /v1/messages'),
  'the path of another API': url(
    'https://one.example.net/v1/chat/completions',
    'ends in /v1/chat/completions',
  ),
  'port 0': url('https://one.example.net:0', 'port 0 in the URL'),
  'a line break in a URL': url('https://one.example.net\\n/x', 'a space or a line break in it'),
  'the port of another service': {
    change: { server: 'port = 8082' },
    says: 'port 8082, which the prober listens on too',
  },
  'a token that is not set': {
    change: { env: '' },
    says: 'TOKEN, which is not set or empty',
  },
  'the placeholder of the example': {
    change: { env: "TOKEN='sk-your-token-here'\n" },
    says: 'TOKEN, which still holds the placeholder',
  },
  'a token that compose would read differently': {
    change: { env: 'TOKEN=sk-ant-a$b\n' },
    says: 'a value that docker compose would read differently',
  },
  'a port alone for the metrics': variable(
    { ZEPHYR_METRICS_LISTEN: '9464' },
    'the environment  ZEPHYR_METRICS_LISTEN\n  found:    "9464"',
  ),
  'metrics at a port that there is not': variable(
    { ZEPHYR_METRICS_LISTEN: '127.0.0.1:65536' },
    'found:    "127.0.0.1:65536"',
  ),
  'metrics at an address of another machine': variable(
    { ZEPHYR_METRICS_LISTEN: '203.0.113.9:9464' },
    'found:    "203.0.113.9", where this machine cannot listen (EADDRNOTAVAIL)',
  ),
  'metrics at the port of a service': variable(
    { ZEPHYR_METRICS_LISTEN: '0.0.0.0:8081' },
    'port 8081, which ZEPHYR_METRICS_LISTEN names too',
  ),
  'a URL for the address of one service': variable(
    { ZEPHYR_LISTEN: 'http://127.0.0.1:8080' },
    'found:    "http://127.0.0.1:8080"',
  ),
  'users of probes that are no range': variable(
    { ZEPHYR_PROBE_USERS: '10115-10100' },
    'the environment  ZEPHYR_PROBE_USERS\n  found:    "10115-10100"',
  ),
  'a secret that is not mounted': variable(
    { TOKEN_FILE: '/nowhere/token' },
    'the environment  TOKEN_FILE\n  found:    a file that cannot be read: ENOENT',
  ),
  'no TOML': { change: { server: 'port = = 1' }, says: 'valid TOML' },
};

describe('zephyr config check', () => {
  let folder: string;
  const home = { HOME: tmpdir() };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-check-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (document: Document) => {
    const { server, controller, probes, groups, endpoint, env, environment } = document;
    const options = { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
    const tables = [`[server]\n${server}`, `[controller]\n${controller}`];
    const group = `name = "a"\nauth_token_env = "TOKEN"\nendpoints = [{ ${endpoint}, name = "A" }]`;
    writeFileSync(
      options.config,
      [...tables, `[health_check]\n${probes}`, `${groups}\n${group}`].join('\n'),
    );
    writeFileSync(options.envFile, env, { mode: 0o600 });
    return { options, environment: { ...home, ...environment } };
  };
  type Written = ReturnType<typeof write>;

  const rejectionOfStart = async ({ options, environment }: Written): Promise<string> => {
    const error: unknown = await start({ ...options, headless: true }, environment).catch(
      (reason: unknown) => reason,
    );
    if (!(error instanceof ZephyrError)) throw new Error('it started', { cause: error });
    expect(error.code).toBe('CONFIG');
    return error.message;
  };

  const check = (written: Written) => checkConfig({ ...written, ...quiet });

  it('finds nothing in a sound configuration', async () => {
    expect((await check(write(SOUND))).exitCode).toBe(EXIT.ok);
  });

  it.each(Object.entries(MISTAKES))('rejects %s as a start does', async (_, { change, says }) => {
    const files = write({ ...SOUND, ...change });
    const { text, exitCode } = await check(files);
    expect(text).toContain(says);
    expect(exitCode).toBe(EXIT.usage);
    expect(await rejectionOfStart(files)).toBe(text);
  });

  it('rejects several errors as a start does, all in one run', async () => {
    const some = fc.subarray(Object.values(MISTAKES), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(some, async (mistakes) => {
        const changes = mistakes.map(({ change }) => change);
        const files = write(Object.assign({}, SOUND, ...changes));
        const { text, exitCode } = await check(files);
        // One may fix the other: one's token and the other's host.
        fc.pre(exitCode !== EXIT.ok);
        expect(await rejectionOfStart(files)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('explains how to create a missing file, as a start does', async () => {
    const options = { config: join(folder, 'none.toml'), envFile: join(folder, '.env') };
    const files = { options, environment: home };
    const rejection = await rejectionOfStart(files);
    expect(rejection).toBe(`${options.config} does not exist`);
    await expect(check(files)).rejects.toThrow(rejection);
  });
});
