/** The address that `make up` and `make client` print for people. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

const SETTINGS = resolve('scripts/settings.sh');

/** @param env the lines of `.env` */
function publicUrl(config: string, env: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-public-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'config.toml'), config);
  writeFileSync(join(folder, '.env'), `ZEPHYR_CONFIG_FOLDER=.\nZEPHYR_BIND=192.0.2.7\n${env}`);
  const script = `set -eu; . ${SETTINGS}; public_url`;
  const { PATH } = process.env;
  return spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8', env: { PATH } }).stdout;
}

const CERTIFICATE = 'tls_cert_file = "cert.pem"\n';

describe('the address of the proxy for people', () => {
  it.each([
    ['[server]\nport = 8080\n', '', 'http://192.0.2.7:8080'],
    ['[server]\nport = 8080\n', 'ZEPHYR_PORT=9090\n', 'http://192.0.2.7:9090'],
    [`[server]\n${CERTIFICATE}[controller]\n`, '', 'https://192.0.2.7:8080'],
    [`[server]\n# ${CERTIFICATE}[controller]\n${CERTIFICATE}`, '', 'http://192.0.2.7:8080'],
    ['', "ZEPHYR_PUBLIC_URL='https://ai.example.net'\n", 'https://ai.example.net'],
  ])('with %j and %j is right', (config, env, url) => {
    expect(publicUrl(config, env)).toBe(url);
  });
});
