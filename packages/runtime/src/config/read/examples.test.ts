/**
 * The example files at the root of the repository: people copy them, so they must load, and they
 * are the reference of all keys, so they must be complete and show the real defaults.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { allKeys } from '../schema/schema-keys.ts';
import { variablesOf } from '../variables/variables.ts';
import { parseConfig } from './load.ts';

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../../../${name}`, import.meta.url)), 'utf8');

const EXAMPLES = [
  ['config.toml.example', '.env.example'],
  ['config.toml.example.instcopilot', '.env.example.instcopilot'],
] as const;

const withRealToken = (env: string) => env.replace(/(["'])sk-your-.*?\1/g, "'sk-ant-Zq83kd02mmQp'");

describe.each(EXAMPLES)('%s with %s', (configName, envName) => {
  it('loads once the token is real', () => {
    const variables = variablesOf({}, withRealToken(read(envName)));
    expect(parseConfig({ path: configName, text: read(configName), variables })).toBeDefined();
  });

  it('is rejected while it contains the placeholder', () => {
    const variables = variablesOf({}, read(envName));
    expect(() => parseConfig({ path: configName, text: read(configName), variables })).toThrow(
      'AUTH_TOKEN_MAIN, which still holds the placeholder of the example',
    );
  });
});

const PEOPLE = ['clients', 'teams', 'clientDefaults'];

describe('config.toml.example', () => {
  /** Every `# key = …` and `# [table]` uncommented. */
  const uncommented = read('config.toml.example').replace(/^# (?=[a-z0-9_]+ = |\[)/gm, '');

  it('lists every key of the schema', () => {
    const listed = new Set(keysOf(parse(uncommented), ''));
    const isDocumented = (key: string) =>
      new RegExp(`^# {3,5}${key.split('.').at(-1)}: `, 'm').test(uncommented);
    expect(allKeys().filter((key) => !listed.has(key) && !isDocumented(key))).toEqual([]);
  });

  it('shows the real defaults', () => {
    const variables = variablesOf(
      {
        AUTH_TOKEN_BACKUP: 'b',
        AUTH_TOKEN_GATEWAY: 'g',
        AUTH_TOKEN_INSIDE: 'i',
        AUTH_TOKEN_FAR: 'f',
        AUTH_TOKEN_ACCOUNT_1: 'a1',
        AUTH_TOKEN_ACCOUNT_2: 'a2',
        OUTBOUND_PROXY: 'http://ann:secret@proxy.example.org:3128',
        HELICONE_AUTH: 'h',
        REDIS_PASSWORD: 'p',
        OTLP_HEADERS: 'authorization=o',
        SLACK_WEBHOOK: 'https://hooks.example.com/a',
        FEISHU_WEBHOOK: 'https://hooks.example.com/b',
        FEISHU_SECRET: 's',
        TELEGRAM_TOKEN: '123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        SMTP_PASSWORD: 'p',
        CLIENT_KEY_ANN: 'zephyr-ann-key-0123456789',
      },
      withRealToken(read('.env.example')),
    );
    const readToken = () => 'printed';
    const load = (text: string) =>
      parseConfig({ path: 'config.toml', text, variables, readToken }).config;
    const all = load(
      uncommented
        .replace(/^key_file = .*/m, `key_sha256 = "${'a'.repeat(64)}"`)
        .replace(/^(ca|client_cert|client_key|tls_cert|tls_key)_file = .*/gm, ''),
    );
    const real = load(read('config.toml.example'));
    // These have no defaults: the example shows how to fill them in.
    const filledIn = ['groups', 'endpoints', 'hash', 'redis', 'prices', 'traces', ...PEOPLE];
    const shown = Object.entries(all).filter(([key]) => !filledIn.includes(key));
    expect(real).toMatchObject(Object.fromEntries(shown));
    expect(real.redis.url).toBe(all.redis.url);
    const { claudeBinaryPath, dailyBudgetUsd, ...times } = all.groups.at(-1)?.healthCheck ?? {};
    expect(real.groups[0]?.healthCheck).toEqual(times);
  });
});

describe('config.toml.example.instcopilot', () => {
  it('is the preset of five endpoints with one token', () => {
    const { config } = parseConfig({
      path: 'config.toml',
      text: read('config.toml.example.instcopilot'),
      variables: variablesOf({ AUTH_TOKEN_MAIN: 'sk-real' }, ''),
    });
    expect(config.endpoints.map(({ name, baseUrl }) => `${name} ${baseUrl}`)).toEqual(
      ['CN1', 'CN2', 'HK', 'JP', 'SG'].map(
        (place) => `Instcopilot-${place} https://${place.toLowerCase()}.instcopilot-api.com`,
      ),
    );
    expect(config.ui.language).toBe('zh');
    expect(config.groups[0]?.healthCheck).toMatchObject({
      intervalMs: 60_000,
      minIntervalMs: 30_000,
      maxIntervalMs: 3_600_000,
      timeoutMs: 15_000,
      dynamicScaling: true,
    });
  });
});

/** `server.port`, `groups[].endpoints[].url`: the notation of `allKeys`. */
function keysOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => keysOf(item, `${path}[]`))];
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, child]) =>
    keysOf(child, path === '' ? key : `${path}.${key}`),
  );
}
