import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { addClient, removeClient, rotateClient } from '@zephyr/runtime/config/edit/clients';
import { replaceFile } from '@zephyr/runtime/config/edit/replace-file';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addPerson, listClients, removePerson } from './clients.ts';

const ZEPHYR = fileURLToPath(new URL('../../../bin/zephyr', import.meta.url));
const EXAMPLE = `# ours
[[groups]]
name = "main"
auth_token_env = "TEAM_TOKEN"
[[groups.endpoints]]
url = "https://one.example"
name = "one" # no line break at the end`;

describe('addClient', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-clients-'));
    path = join(folder, 'config.toml');
    writeFileSync(path, EXAMPLE, { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives each person a key and writes its hash into a configuration that loads', async () => {
    const ann = await addClient(path, 'ann');
    const bob = await addClient(path, 'bob');
    const text = readFileSync(path, 'utf8');
    expect(text.startsWith(EXAMPLE)).toBe(true);
    for (const key of [ann, bob]) {
      expect(text).toContain(createHash('sha256').update(key).digest('hex'));
      expect(text).not.toContain(key);
    }
    const environment = { TEAM_TOKEN: 'secret-of-the-team' };
    expect(() => loadConfig({ configPath: path, envFilePath: '', environment })).not.toThrow();
  });

  it.each([
    [undefined, '[server]\nhost = "10.1.2.3"\nport = 9000\n', 'http://10.1.2.3:9000'],
    [undefined, '', 'http://127.0.0.1:8080'],
    ['http://team.lan:8080', '', 'http://team.lan:8080'],
  ])('shows what a person has to set, with %j and "%s"', async (publicUrl, head, url) => {
    writeFileSync(path, `${head}${EXAMPLE}`);
    const environment = { ZEPHYR_PUBLIC_URL: publicUrl };
    const lines = (await addPerson({ config: path, name: 'ann', environment })).split('\n');
    expect(lines[0]).toContain('The key of ann, shown only once.');
    const key = /zk-[\w-]{43}/.exec(lines.join('\n'))?.[0];
    expect(lines).toContain(
      `  ANTHROPIC_AUTH_TOKEN=${key} zephyr connect --url ${url} --claude-settings`,
    );
    expect(lines).toContain(`  export ANTHROPIC_BASE_URL=${url}`);
    expect(lines).toContain(`  export ANTHROPIC_AUTH_TOKEN=${key}`);
  });

  it('loses no key if several commands run concurrently', async () => {
    const names = ['ann', 'bob', 'carol', 'dave', 'eve'];
    const run = promisify(execFile);
    const add = (name: string) => run(ZEPHYR, ['clients', 'add', name, '--config', path]);
    await Promise.all(names.map(add));
    const left = JSON.parse(listClients({ config: path, environment: {} }, true)) as {
      name: string;
    }[];
    expect(left.map(({ name }) => name).toSorted()).toEqual(names);
    expect(readdirSync(folder)).toEqual(['config.toml']);
  });

  it('prints in the language of the configuration', async () => {
    writeFileSync(path, `[ui]\nlanguage = "zh"\n${EXAMPLE}`);
    expect(listClients({ config: path, environment: {} }, false)).toContain('尚无密钥');
    expect(await addPerson({ config: path, name: 'ann', environment: {} })).toMatch(/^ann 的密钥/);
    expect(listClients({ config: path, environment: {} }, false)).toMatch(/^名称 +密钥\n/);
  });

  it('prints in the language of the locale if the configuration sets none', async () => {
    const environment = { LANG: 'zh_CN.UTF-8' };
    expect(listClients({ config: path, environment }, false)).toContain('尚无密钥');
    expect(await addPerson({ config: path, name: 'ann', environment })).toMatch(/^ann 的密钥/);
    writeFileSync(path, `[ui]\nlanguage = "en"\n${EXAMPLE}`);
    expect(await addPerson({ config: path, name: 'ann', environment })).toMatch(/^The key of ann/);
  });

  it('does not wait forever for a killed command', async () => {
    writeFileSync(`${path}.lock`, '');
    expect(await addClient(path, 'ann')).toMatch(/^zk-/);
    expect(readdirSync(folder)).toEqual(['config.toml']);
  });

  it('refuses a name that is taken or could break the file', async () => {
    await addClient(path, 'ann');
    const before = readFileSync(path, 'utf8');
    for (const name of ['ann', '', 'a"b', 'a b', 'x'.repeat(41)]) {
      await expect(addClient(path, name)).rejects.toThrow(/client/);
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('adds to a list in another form too', async () => {
    writeFileSync(path, `clients = []\n${EXAMPLE}`);
    await addClient(path, 'ann');
    expect(readFileSync(path, 'utf8')).toMatch(
      /^clients = \[\{ name = "ann", key_sha256 = "\w{64}" \}\]\n/,
    );
  });

  it('replaces a key and removes a person, and touches nobody else', async () => {
    const [ann, bob] = [await addClient(path, 'ann'), await addClient(path, 'bob')];
    const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
    const before = readFileSync(path, 'utf8');
    const next = await rotateClient(path, 'ann');
    expect(readFileSync(path, 'utf8')).toBe(before.replace(hashOf(ann), hashOf(next)));
    expect(listClients({ config: path, environment: {} }, true)).toBe(
      JSON.stringify(
        ['ann', 'bob'].map((name) => ({ name, keyFrom: 'key_sha256' })),
        null,
        2,
      ),
    );
    await removeClient(path, 'ann');
    const after = readFileSync(path, 'utf8');
    expect(after).toContain(hashOf(bob));
    expect(after).not.toContain('ann');
    await expect(removeClient(path, 'ann')).rejects.toThrow('no client named ann');
  });

  it.each([
    ['a block', EXAMPLE],
    ['a list', `clients = []\n${EXAMPLE}`],
  ])('takes back the last key too, written as %s, and says what follows', async (_, text) => {
    writeFileSync(path, text);
    await addClient(path, 'ann');
    const call = { config: path, name: 'ann', environment: {} };
    expect(await removePerson(call)).toMatch(/refuses everyone[\s\S]*zephyr clients add/);
    expect(readFileSync(path, 'utf8')).not.toContain('ann');
    const environment = { TEAM_TOKEN: 'secret-of-the-team' };
    expect(loadConfig({ configPath: path, envFilePath: '', environment }).config.clients).toEqual(
      [],
    );
    await addClient(path, 'bob');
    expect(await removePerson({ ...call, name: 'bob' })).toContain('refuses everyone');
  });

  it('does not open the proxy by revoking the last key', async () => {
    writeFileSync(path, `[server]\nopen = true\n${EXAMPLE}`);
    await addClient(path, 'ann');
    const before = readFileSync(path, 'utf8');
    await expect(removeClient(path, 'ann')).rejects.toMatchObject({
      message: expect.stringContaining('would serve everyone'),
      advice: [expect.stringContaining('remove open = true')],
    });
    expect(readFileSync(path, 'utf8')).toBe(before);
    await addClient(path, 'bob');
    await removeClient(path, 'ann');
  });

  it('leaves a loadable configuration if there are teams', async () => {
    await addClient(path, 'ann');
    await addClient(path, 'bob');
    const team = '[[teams]]\nname = "red"\nmembers = [\n  "ann", # first\n  "bob",\n]\n';
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n${team}`);
    const environment = { TEAM_TOKEN: 'secret-of-the-team' };
    const load = () => loadConfig({ configPath: path, envFilePath: '', environment }).config;
    await expect(addClient(path, 'red')).rejects.toThrow('a team named red');
    await addClient(path, 'carol');
    await removeClient(path, 'ann');
    expect(load().teams).toMatchObject([{ name: 'red', members: ['bob'] }]);
    await expect(removeClient(path, 'bob')).rejects.toThrow('only member of the team red');
    expect(load().clients.map(({ name }) => name)).toEqual(['bob', 'carol']);
  });

  it('does not replace a key that is elsewhere', async () => {
    writeFileSync(path, `${EXAMPLE}\n[[clients]]\nname = "ann"\nkey_env = "KEY_OF_ANN"\n`);
    await expect(rotateClient(path, 'ann')).rejects.toThrow('in KEY_OF_ANN');
  });

  it('keeps the file’s permissions, whatever the umask', async () => {
    chmodSync(path, 0o664);
    const before = process.umask(0o077);
    await addClient(path, 'ann').finally(() => process.umask(before));
    expect(statSync(path).mode & 0o777).toBe(0o664);
  });

  it('does not replace a read-only file in a writable folder', async () => {
    const before = readFileSync(path, 'utf8');
    chmodSync(path, 0o444);
    await expect(addClient(path, 'ann')).rejects.toMatchObject({
      code: 'READ_ONLY',
      advice: ['make the change at the source of the file:', 'zephyr clients add ann'],
    });
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([before, 0o444]);
  });

  it('prints the lines if the file cannot be changed, and leaves it unchanged', () => {
    // Like a mounted ConfigMap: even root cannot write to it.
    const readOnly = '/proc/version';
    expect(() => replaceFile(readOnly, 'x', { lines: ['name = "ann"'] })).toThrow(
      expect.objectContaining({
        code: 'READ_ONLY',
        advice: ['make the change at the source of the file:', 'name = "ann"'],
      }),
    );
  });
});
