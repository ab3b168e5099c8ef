/** `zephyr endpoint add|remove|list` on a person's files, and against endpoints that answer or do not. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '@zephyr/runtime/config/read/load';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { demanding, sse, status } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Ask } from './ask.ts';
import { type AddEndpointOptions, addEndpoint, listEndpoints, removeNamed } from './endpoints.ts';

const CONFIG = `# ours
[health_check]
style = "messages" # cheap

[[groups]]
name = "main"
auth_token_env = "TOKEN_MAIN"
endpoints = [
  { url = "http://127.0.0.1:1", name = "One" }, # the first
]
`;
const ENV = "# tokens\nTOKEN_MAIN='token-of-main-0123456789'\n";
const TOKEN = 'token-of-backup-0123456789';
const nobody: Ask = {
  isPossible: false,
  line: () => Promise.reject(new Error('asked')),
  hidden: () => Promise.reject(new Error('asked')),
  input: () => Promise.resolve(TOKEN),
};

describe('zephyr endpoint', () => {
  let folder: string;
  let files: { config: string; envFile: string };
  let upstream: ScriptedUpstream;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-endpoints-'));
    files = { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
    writeFileSync(files.config, CONFIG);
    writeFileSync(files.envFile, ENV, { mode: 0o644 });
    upstream = await startScriptedUpstream();
  });
  afterEach(async () => {
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });

  const read = () => ({
    config: readFileSync(files.config, 'utf8'),
    env: readFileSync(files.envFile, 'utf8'),
  });
  const add = (name: string | undefined, options: Partial<AddEndpointOptions>, ask = nobody) =>
    addEndpoint({
      ...{ name, ask, environment: { PATH: process.env['PATH'] } },
      options: { ...files, test: true, ...options },
      ...{ progress: () => undefined, signal: new AbortController().signal },
    });
  const namesNow = () =>
    loadConfig({ configPath: files.config, envFilePath: files.envFile, environment: {} }).config;

  it('adds one that answers, and changes nothing else', async () => {
    const { text, exitCode } = await add('东京 🚀', { url: upstream.url });
    expect(text).toContain('东京 🚀 is added to group main');
    expect(exitCode).toBe(0);
    const line = '  { url = "http://127.0.0.1:1", name = "One" }, # the first\n';
    const written = `  { url = "${upstream.url}", name = "东京 🚀" },\n`;
    expect(read()).toEqual({ config: CONFIG.replace(line, line + written), env: ENV });
    expect(upstream.ledger.every(({ headers }) => headers['authorization'] !== undefined)).toBe(
      true,
    );
  });

  it('writes nothing if it does not serve, unless the test is skipped', async () => {
    upstream.always(status(401));
    const refused = await add('Two', { url: upstream.url });
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain('Nothing was changed');
    expect(read()).toEqual({ config: CONFIG, env: ENV });
    expect((await add('Two', { url: upstream.url, test: false })).exitCode).toBe(0);
    expect(namesNow().endpoints.map(({ name }) => name)).toEqual(['One', 'Two']);
  });

  it('creates a group with its token in .env, and with how the token is sent', async () => {
    upstream.always(demanding({ 'x-api-key': TOKEN, authorization: undefined }, sse()));
    const options = { url: upstream.url, group: 'Back up', tokenStdin: true };
    expect((await add('Two', options)).exitCode).toBe(0);
    const { config, env } = read();
    expect(config.startsWith(CONFIG)).toBe(true);
    expect(config).not.toContain(TOKEN);
    expect(env).toBe(`${ENV}AUTH_TOKEN_BACK_UP='${TOKEN}'\n`);
    expect(statSync(files.envFile).mode & 0o777).toBe(0o600);
    expect(namesNow().endpoints.map(({ name, auth }) => [name, auth])).toEqual([
      ['One', undefined],
      ['Two', 'x-api-key'],
    ]);
    // The group's second endpoint needs no token.
    const third = await startScriptedUpstream({
      script: demanding({ 'x-api-key': TOKEN, authorization: undefined }, sse()),
    });
    expect((await add('Three', { url: third.url, group: 'Back up' })).exitCode).toBe(0);
    await third.stop();
    expect(namesNow().groups.map(({ name }) => name)).toEqual(['main', 'Back up']);
  });

  it('asks for no token if a program prints it, and rejects one that would not be used', async () => {
    const program = 'token_command = ["echo", "token-of-main-0123456789"]';
    writeFileSync(files.config, CONFIG.replace('auth_token_env = "TOKEN_MAIN"', program));
    const given = { url: upstream.url, tokenStdin: true };
    await expect(add('Two', given)).rejects.toThrow('has a token already, from its token_command');
    expect((await add('Two', { url: upstream.url })).exitCode).toBe(0);
    expect(read().env).toBe(ENV);
    await expect(add('Three', { ...given, url: `${upstream.url}/b` })).rejects.toThrow('already');
    writeFileSync(files.config, CONFIG);
    await expect(add('Two', given)).rejects.toThrow('has a token already, from TOKEN_MAIN');
  });

  it("keeps somebody else's change that was made while the endpoint was asked", async () => {
    const changed = CONFIG.replace('# ours', '# theirs');
    upstream.always((received) => {
      writeFileSync(files.config, changed);
      return sse()(received);
    });
    await expect(add('Two', { url: upstream.url })).rejects.toThrow('changed meanwhile');
    expect(read()).toEqual({ config: changed, env: ENV });
    expect((await add('Two', { url: upstream.url })).exitCode).toBe(0);
  });

  it('prompts at a terminal for missing values', async () => {
    const answers = ['Two', upstream.url];
    const person: Ask = {
      ...nobody,
      isPossible: true,
      line: () => Promise.resolve(answers.shift() ?? ''),
      hidden: () => Promise.resolve(TOKEN),
    };
    expect((await add(undefined, { group: 'new' }, person)).exitCode).toBe(0);
    expect(read().env).toContain(TOKEN);
  });

  it('gives the token of a group without Latin letters a variable that people can read', async () => {
    const text = async (group: string) => {
      const options = { url: `${upstream.url}/${encodeURIComponent(group)}`, group, test: false };
      return (await add(group, { ...options, tokenStdin: true })).text;
    };
    expect(await text('备用')).toContain('in .env, as AUTH_TOKEN_GROUP_2.');
    // Uses neither the token of a removed group nor that of another one.
    await removeNamed('备用', files, {});
    expect(await text('香港')).toContain('as AUTH_TOKEN_GROUP_3.');
    expect(namesNow().groups.map(({ name }) => name)).toEqual(['main', '香港']);
  });

  it.each([
    ['no URL', 'Two', {}, 'the url of the endpoint is missing'],
    ['no token', 'Two', { url: 'http://127.0.0.1:2', group: 'x' }, 'AUTH_TOKEN_X'],
    ['a name that is taken', 'one', { url: 'http://127.0.0.1:2' }, 'config.toml has 1 problem'],
    ['a full path', 'Two', { url: 'https://a.net/v1/messages' }, 'config.toml has 1 problem'],
  ])('changes nothing with %s', async (_, name, options, words) => {
    await expect(add(name, options)).rejects.toThrow(words);
    expect(read()).toEqual({ config: CONFIG, env: ENV });
  });

  it('removes one, and a group with its last one, but not the last of all', async () => {
    await add('Two', { url: upstream.url, group: 'b', tokenStdin: true, test: false });
    await add('Three', { url: upstream.url, test: false });
    expect(JSON.parse(listEndpoints(files, {}, true))).toHaveLength(3);
    await removeNamed('three', files, {});
    expect(await removeNamed('Two', files, {})).toContain('with its group b');
    expect(read().config.trimEnd()).toBe(CONFIG.trimEnd());
    await expect(removeNamed('One', files, {})).rejects.toThrow('the only endpoint');
    await expect(removeNamed('Four', files, {})).rejects.toThrow('no endpoint named Four');
    expect(listEndpoints(files, {}, false)).toMatch(/One +one +main +http/);
  });
});
