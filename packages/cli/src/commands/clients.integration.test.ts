import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '@zephyr/runtime/config/load';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addClient, keyForPeople } from './clients.ts';

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
    expect(lines[0]).toBe('The key of ann, shown only once:');
    expect(lines).toContain(`  export ANTHROPIC_BASE_URL=${url}`);
    expect(lines).toContain('  export ANTHROPIC_AUTH_TOKEN=zk-1');
  });

  it('refuses a name that is taken or could break the file', () => {
    addClient(path, 'ann');
    const before = readFileSync(path, 'utf8');
    for (const name of ['ann', '', 'a"b', 'a b', 'x'.repeat(41)]) {
      expect(() => addClient(path, name)).toThrow(/client/);
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('leaves a file alone that lists its clients in another form', () => {
    writeFileSync(path, `clients = []\n${EXAMPLE}`);
    expect(() => addClient(path, 'ann')).toThrow(/are not written as/);
    expect(readFileSync(path, 'utf8')).toBe(`clients = []\n${EXAMPLE}`);
  });
});
