import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { VALID, WEAK, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spoken } from '../../phrase.ts';
import { parseConfig } from '../read/load.ts';
import { checkTlsFiles } from './tls-files.ts';

describe('ca_file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-ca-'));
    writeFileSync(join(folder, 'good.pem'), `# ours\n${VALID.cert}\n${VALID.cert}\n`);
    writeFileSync(join(folder, 'key.pem'), VALID.key);
    writeFileSync(join(folder, 'cut.pem'), VALID.cert.replace(/^MIIB.*\n/m, ''));
    writeFileSync(join(folder, 'half.pem'), `${VALID.cert}\n${VALID.cert.slice(0, 200)}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const parse = (file: string, endpointKeys = '') =>
    parseConfig({
      path: 'config.toml',
      text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\nca_file = "${join(folder, file)}"
endpoints = [{ url = "https://a.example.com", name = "A"${endpointKeys} }]\n`,
      variables: (name) => (name === 'TOKEN' ? 'sk-ant-Zq83kd02mmQp' : undefined),
    });

  it('is read for each endpoint of the group', () => {
    const [endpoint] = parse('good.pem').config.endpoints;
    expect(endpoint?.authorities).toContain(VALID.cert);
  });

  it.each([
    ['none.pem', 'which cannot be read'],
    ['key.pem', 'which has no certificate in PEM form'],
    ['cut.pem', 'whose certificates cannot be read'],
    ['half.pem', 'whose last certificate has no end'],
  ])('that is %s is rejected: %s', (file, problem) => {
    expect(() => parse(file)).toThrow(problem);
    expect(() => parse(file)).toThrow('groups[0].ca_file');
    const own = `, ca_file = "${join(folder, file)}"`;
    expect(() => parse('good.pem', own)).toThrow('groups[0].endpoints[0].ca_file');
  });
});

describe('a file that its user may not read', () => {
  it('is not a path to correct', () => {
    const forbidden = () => {
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
    };
    const document = { server: { tls_cert_file: '/c.pem', tls_key_file: '/k.pem' } };
    const [certificate, key, ...others] = checkTlsFiles(document, forbidden);
    for (const [violation, file] of [
      [certificate, '/c.pem'],
      [key, '/k.pem'],
    ] as const) {
      expect(violation && spoken(violation.found)).toBe(`"${file}", which its user may not read`);
      expect(violation?.advice.template).toContain('docs/tls.md');
    }
    expect(others).toEqual([]);
  });
});

describe('client_cert_file and client_key_file', () => {
  let folder: string;
  const files = {
    'cert.pem': VALID.cert,
    'key.pem': VALID.key,
    'other-key.pem': WRONG_NAME.key,
    'cut-key.pem': VALID.key.replace(/^MIGH.*\n/m, ''),
    'weak.pem': WEAK.cert,
    'weak-key.pem': WEAK.key,
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-client-'));
    const key = createPrivateKey(VALID.key);
    const encrypted = {
      cipher: 'aes-256-cbc',
      passphrase: 'p',
      format: 'pem',
      type: 'pkcs8',
    } as const;
    writeFileSync(join(folder, 'encrypted-key.pem'), key.export(encrypted));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (keys: Readonly<Record<string, string>>, endpointKeys = '') =>
    parseConfig({
      path: 'config.toml',
      text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"
${Object.entries(keys)
  .map(([name, file]) => `${name} = "${join(folder, file)}"`)
  .join('\n')}
endpoints = [{ url = "https://a.example.com", name = "A"${endpointKeys} }, { url = "https://b.example.com", name = "B" }]\n`,
      variables: (name) => (name === 'TOKEN' ? 'sk-ant-Zq83kd02mmQp' : undefined),
    });
  const pair = (client_cert_file: string, client_key_file: string) => ({
    client_cert_file,
    client_key_file,
  });

  it('are read for each endpoint; the key is a secret', () => {
    const { config, secrets } = load(pair('cert.pem', 'key.pem'));
    expect(config.endpoints.map(({ clientCertificate }) => clientCertificate)).toEqual([
      VALID.cert,
      VALID.cert,
    ]);
    expect([...secrets.tlsKeys.values()].map((key) => key.reveal())).toEqual([
      VALID.key,
      VALID.key,
    ]);
    expect(JSON.stringify([config, [...secrets.tlsKeys]])).not.toContain('PRIVATE KEY');
  });

  it.each([
    [{ client_cert_file: 'cert.pem' }, 'client_cert_file without client_key_file'],
    [{ client_key_file: 'key.pem' }, 'client_key_file without client_cert_file'],
    [pair('none.pem', 'key.pem'), 'none.pem", which cannot be read'],
    [pair('cert.pem', 'none.pem'), 'none.pem", which cannot be read'],
    [pair('key.pem', 'key.pem'), 'which has no certificate in PEM form'],
    [pair('cert.pem', 'cert.pem'), 'which has no private key in PEM form'],
    [pair('cert.pem', 'cut-key.pem'), 'whose key cannot be read'],
    [pair('cert.pem', 'encrypted-key.pem'), 'whose key is encrypted'],
    [pair('cert.pem', 'other-key.pem'), 'whose key is not that of the first certificate'],
    // This would crash a running service.
    [pair('weak.pem', 'weak-key.pem'), 'which TLS rejects'],
  ])('%j is rejected: %s', (keys, text) => {
    expect(() => load(keys)).toThrow(text);
  });

  it('of a group may be completed or replaced by an endpoint', () => {
    const own = `, client_key_file = "${join(folder, 'key.pem')}"`;
    expect(() => load(pair('cert.pem', 'other-key.pem'), own)).toThrow('groups[0].client_key_file');
    const { secrets } = load(pair('cert.pem', 'key.pem'), own);
    expect(secrets.tlsKeys.size).toBe(2);
  });
});

describe('tls_cert_file and tls_key_file', () => {
  let folder: string;
  const files = { 'cert.pem': VALID.cert, 'key.pem': VALID.key, 'other.pem': WRONG_NAME.key };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-own-'));
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const parse = (table: string, certificate: string, key?: string) =>
    parseConfig({
      path: 'config.toml',
      text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"
endpoints = [{ url = "https://a.example.com", name = "A" }]
[${table}]\ntls_cert_file = "${join(folder, certificate)}"
${key === undefined ? '' : `tls_key_file = "${join(folder, key)}"`}\n`,
      variables: (name) => (name === 'TOKEN' ? 'sk-ant-Zq83kd02mmQp' : undefined),
    });

  it.each(['server', 'controller'] as const)('are read for [%s], the key as a secret', (table) => {
    const { config, secrets } = parse(table, 'cert.pem', 'key.pem');
    expect(secrets.ownCertificates[table]?.certificate).toBe(VALID.cert);
    expect(secrets.ownCertificates[table]?.key.reveal()).toBe(VALID.key);
    expect(JSON.stringify([config, secrets])).not.toContain('PRIVATE KEY');
  });

  it.each(['server', 'controller'])('are rejected in [%s] where they do not fit', (table) => {
    expect(() => parse(table, 'none.pem', 'key.pem')).toThrow(`${table}.tls_cert_file`);
    expect(() => parse(table, 'cert.pem', 'other.pem')).toThrow('whose key is not that of');
    expect(() => parse(table, 'cert.pem')).toThrow('tls_cert_file without tls_key_file');
  });
});
