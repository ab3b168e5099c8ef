import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { loadConfig } from '@zephyr/runtime/config/load';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { replaceFile } from '../edit/replace-file.ts';
import { addClient, keyForPeople, listClients, removeClient, rotateClient } from './clients.ts';

const ZEPHYR = fileURLToPath(new URL('../../bin/zephyr', import.meta.url));
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

  it('gives each person a key and writes its hash into a configuration that loads', () => {
    const ann = addClient(path, 'ann');
    const bob = addClient(path, 'bob');
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
  ])('shows what a person has to set, with %j and "%s"', (publicUrl, head, url) => {
    writeFileSync(path, `${head}${EXAMPLE}`);
    const lines = keyForPeople(path, { name: 'ann', key: 'zk-1', publicUrl }).split('\n');
    expect(lines[0]).toContain('The key of ann, shown only once.');
    expect(lines).toContain(
      `  ANTHROPIC_AUTH_TOKEN=zk-1 npx claude-zephyr connect --url ${url} --claude-settings`,
    );
    expect(lines).toContain(`  export ANTHROPIC_BASE_URL=${url}`);
    expect(lines).toContain('  export ANTHROPIC_AUTH_TOKEN=zk-1');
  });

  it('keeps the keys of all where several commands run at once', async () => {
    const names = ['ann', 'bob', 'carol', 'dave', 'eve'];
    const run = promisify(execFile);
    const add = (name: string) => run(ZEPHYR, ['clients', 'add', name, '--config', path]);
    await Promise.all(names.map(add));
    const kept = JSON.parse(listClients(path, true)) as { name: string }[];
    expect(kept.map(({ name }) => name).toSorted()).toEqual(names);
    expect(readdirSync(folder)).toEqual(['config.toml']);
  });

  it('does not wait for ever for a command that was killed', () => {
    writeFileSync(`${path}.lock`, '');
    expect(addClient(path, 'ann')).toMatch(/^zk-/);
    expect(readdirSync(folder)).toEqual(['config.toml']);
  });

  it('refuses a name that is taken or could break the file', () => {
    addClient(path, 'ann');
    const before = readFileSync(path, 'utf8');
    for (const name of ['ann', '', 'a"b', 'a b', 'x'.repeat(41)]) {
      expect(() => addClient(path, name)).toThrow(/client/);
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('adds to a list in another form too', () => {
    writeFileSync(path, `clients = []\n${EXAMPLE}`);
    addClient(path, 'ann');
    expect(readFileSync(path, 'utf8')).toMatch(
      /^clients = \[\{ name = "ann", key_sha256 = "\w{64}" \}\]\n/,
    );
  });

  it('replaces a key and removes a person, and touches nobody else', () => {
    const [ann, bob] = [addClient(path, 'ann'), addClient(path, 'bob')];
    const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
    const before = readFileSync(path, 'utf8');
    const next = rotateClient(path, 'ann');
    expect(readFileSync(path, 'utf8')).toBe(before.replace(hashOf(ann), hashOf(next)));
    expect(listClients(path, true)).toBe(
      JSON.stringify(
        ['ann', 'bob'].map((name) => ({ name, keyFrom: 'key_sha256' })),
        null,
        2,
      ),
    );
    removeClient(path, 'ann');
    const after = readFileSync(path, 'utf8');
    expect(after).toContain(hashOf(bob));
    expect(after).not.toContain('ann');
    expect(() => removeClient(path, 'ann')).toThrow('no client named ann');
    // Without keys anybody could use the proxy.
    expect(() => removeClient(path, 'bob')).toThrow('only client');
    expect(readFileSync(path, 'utf8')).toBe(after);
  });

  it('does not replace a key that is elsewhere', () => {
    writeFileSync(path, `${EXAMPLE}\n[[clients]]\nname = "ann"\nkey_env = "KEY_OF_ANN"\n`);
    expect(() => rotateClient(path, 'ann')).toThrow('in KEY_OF_ANN');
  });

  it('shows the lines where the file cannot be changed, and leaves it', () => {
    // As a mounted ConfigMap: even root cannot write there.
    const readOnly = '/proc/version';
    expect(() => replaceFile(readOnly, 'x', { lines: ['name = "ann"'] })).toThrow(
      expect.objectContaining({
        code: 'READ_ONLY',
        advice: ['make the change where the file comes from:', 'name = "ann"'],
      }),
    );
  });
});
