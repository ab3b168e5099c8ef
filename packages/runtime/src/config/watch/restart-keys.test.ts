import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { VALID } from '@zephyr/testkit/tls-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';

import { parseConfig } from '../read/load.ts';
import { keysMarked } from '../schema/schema-keys.ts';
import { keysForRestart } from './restart-keys.ts';

const GROUP = `
[[groups]]
name = "team"
auth_token_env = "TEAM_TOKEN"
endpoints = [{ url = "https://one.example.com", name = "One" }]
`;

function load(text: string) {
  const variables = (name: string): string | undefined =>
    ['TEAM_TOKEN', 'REDIS_WORD', 'OTLP_HEADERS'].includes(name) ? `value=of-${name}` : undefined;
  return parseConfig({ path: 'config.toml', text: text + GROUP, variables });
}

describe('keysForRestart', () => {
  it('names nothing when other keys have changed', () => {
    expect(keysForRestart(load(''), load('[limits]\nconnections = 7\n'))).toEqual([]);
  });

  it('names all the keys that are declared so, once each is changed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephyr-restart-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(certificate, VALID.cert);
    writeFileSync(key, VALID.key);
    const files = `tls_cert_file = "${certificate}"\ntls_key_file = "${key}"`;
    const changed = load(`
[server]
host = "127.0.0.9"
port = 1
${files}
[traces]
otlp_endpoint = "http://127.0.0.9:4318"
headers_env = "OTLP_HEADERS"
sample_ratio = 0.5
[controller]
host = "127.0.0.9"
port = 2
${files}
[prober]
host = "127.0.0.9"
port = 3
[redis]
url = "redis://127.0.0.9:6379"
password_env = "REDIS_WORD"
`);
    expect(keysMarked('needsRestart')).toHaveLength(15);
    expect(keysForRestart(load(''), changed)).toEqual(keysMarked('needsRestart'));
  });
});
