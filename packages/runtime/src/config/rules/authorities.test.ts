import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { VALID } from '@zephyr/testkit/tls-fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseConfig } from '../load.ts';

describe('ca_file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-ca-'));
    writeFileSync(join(folder, 'good.pem'), `# ours\n${VALID.cert}\n${VALID.cert}\n`);
    writeFileSync(join(folder, 'key.pem'), VALID.key);
    writeFileSync(join(folder, 'cut.pem'), VALID.cert.replace(/^MIIB.*\n/m, ''));
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
  ])('that is %s is rejected: %s', (file, problem) => {
    expect(() => parse(file)).toThrow(problem);
    expect(() => parse(file)).toThrow('groups[0].ca_file');
    const own = `, ca_file = "${join(folder, file)}"`;
    expect(() => parse('good.pem', own)).toThrow('groups[0].endpoints[0].ca_file');
  });
});
