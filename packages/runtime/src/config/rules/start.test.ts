import { homedir } from 'node:os';

import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../read/load.ts';
import { variablesOf } from '../variables/variables.ts';
import { ALL_SERVICES, type StartingService } from './start.ts';

const GROUP = `
[[groups]]
name = "a"
auth_token_env = "TOKEN_A"
endpoints = [{ url = "https://a.example.com", name = "A" }]
`;
const CLIENT = `[[clients]]\nname = "ann"\nkey_sha256 = "${'a'.repeat(64)}"\n`;

/** The paths of what is rejected. */
function rejected(
  text: string,
  variables: Record<string, string> = {},
  starting: readonly StartingService[] = ALL_SERVICES,
): readonly string[] {
  try {
    parseConfig({
      path: 'config.toml',
      text: text + GROUP,
      variables: variablesOf({ TOKEN_A: 'sk-ant-Zq83kd02mmQp', ...variables }, ''),
      starting,
    });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path);
    throw error;
  }
}

describe('a start', () => {
  it.each([
    ['0.0.0.0', '', ['server.host']],
    ['192.168.1.5', '', ['server.host']],
    ['::', '', ['server.host']],
    ['0.0.0.0', 'open = true\n', []],
    ['0.0.0.0', CLIENT, []],
    ['127.0.0.2', '', []],
    ['127.proxy.example', '', ['server.host']],
    ['::1', '', []],
    ['localhost', '', []],
    ['[::1]', '', ['server.host']],
  ])('of a proxy at %s with "%s" is rejected for %j', (host, more, paths) => {
    expect(rejected(`[server]\nhost = "${host}"\n${more}`)).toEqual(paths);
  });

  it.each([
    ['0.0.0.0', undefined, ['controller.host']],
    ['0.0.0.0', 'short', ['controller.token_env']],
    ['0.0.0.0', 'long-enough-to-hold', []],
    ['127.zephyr.example', undefined, ['controller.host']],
    ['127.0.0.1', undefined, []],
    ['127.0.0.1', 'short', ['controller.token_env']],
  ])('of a controller at %s with the token %j is rejected for %j', (host, token, paths) => {
    const variables = token === undefined ? {} : { ZEPHYR_ADMIN_TOKEN: token };
    expect(rejected(`[controller]\nhost = "${host}"\n`, variables)).toEqual(paths);
  });

  it.each([
    ['/nowhere/claude', ['health_check.claude_binary_path']],
    ['~/nowhere/claude', ['health_check.claude_binary_path']],
    ['/usr/bin', ['health_check.claude_binary_path']],
    [process.execPath, []],
    ['claude', []],
  ])('with the program of the probes at %s is rejected for %j', (program, paths) => {
    expect(rejected(`[health_check]\nclaude_binary_path = "${program}"\n`)).toEqual(paths);
  });

  it('is checked with the address of the container and the rules of the starting service', () => {
    const proxy = { name: 'proxy', host: '0.0.0.0' } as const;
    expect(rejected('', {}, [proxy])).toEqual(['server.host']);
    expect(rejected('[controller]\nhost = "0.0.0.0"\n', {}, [{ name: 'prober' }])).toEqual([]);
  });

  it('rules do not apply to a running service', () => {
    expect(rejected('[server]\nhost = "0.0.0.0"\n', {}, [])).toEqual([]);
  });
});

it('reads ~ in claude_binary_path as a shell does', () => {
  const { config } = parseConfig({
    path: 'config.toml',
    text: `[health_check]\nclaude_binary_path = "~/.claude/local/claude"\n${GROUP}`,
    variables: variablesOf({ TOKEN_A: 'sk-ant-Zq83kd02mmQp' }, ''),
  });
  expect(config.groups[0]?.healthCheck.claudeBinaryPath).toBe(`${homedir()}/.claude/local/claude`);
});
