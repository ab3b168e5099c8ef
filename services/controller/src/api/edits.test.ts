import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { readSettings } from './edits.ts';

function settingsOf(text: string, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-settings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
  writeFileSync(
    files.config,
    `${text}[[groups]]\nname = "a"\nendpoints = [{ url = "https://a.net", name = "A" }]\n`,
  );
  return readSettings({ files, environment, hasAdminToken: () => true });
}

describe('the settings', () => {
  it.each([
    ['', 'http'],
    ['[server]\ntls_cert_file = "cert.pem"\n', 'https'],
    ['[controller]\ntls_cert_file = "cert.pem"\n', 'http'],
  ])('of %j say that people reach the proxy by %s', (text, proxyScheme) => {
    expect(settingsOf(text)).toMatchObject({ proxyScheme, publicUrl: null });
  });

  it.each([
    ['', 'ZEPHYR_ADMIN_TOKEN'],
    ['[controller]\ntoken_env = "OUR_TOKEN"\n', 'OUR_TOKEN'],
  ])('of %j name the variable of the admin token: %s', (text, adminTokenVariable) => {
    expect(settingsOf(text)).toMatchObject({ adminTokenVariable });
  });

  it('include the address of the proxy if it is configured', () => {
    const publicUrl = 'https://ai.example.net';
    expect(settingsOf('', { ZEPHYR_PUBLIC_URL: publicUrl })).toMatchObject({ publicUrl });
  });
});
