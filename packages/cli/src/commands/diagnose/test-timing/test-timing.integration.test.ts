/** `zephyr test-timing` without a running system. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { folderOfTest } from '@zephyr/testkit/folder-of-test';

import { describe, expect, it } from 'vitest';

import { testTiming } from './test-timing.ts';

const environment = { TOKEN_A: 'sk-canary-0123456789abcdef' };

function configured() {
  const folder = folderOfTest('cli');
  // Port 9 (discard) has no controller.
  writeFileSync(
    join(folder, 'config.toml'),
    `[controller]\nport = 9\n[[groups]]\nname = "main"\nauth_token_env = "TOKEN_A"
    endpoints = [{ url = "http://127.0.0.1:1", name = "One" }, { url = "http://127.0.0.1:2", name = "Two" }]`,
  );
  return { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
}

describe('zephyr test-timing', () => {
  it('measures a private schedule if nothing is running', async () => {
    const { text, exitCode } = await testTiming({
      options: { ...configured(), seconds: 4, json: true },
      environment,
      progress: () => undefined,
      signal: new AbortController().signal,
    });
    const report = JSON.parse(text) as { ok: boolean; what: string; timings: { probes: number }[] };
    expect(report).toMatchObject({ ok: true, what: 'private schedule' });
    expect(report.timings.map(({ probes }) => probes >= 3)).toEqual([true, true]);
    expect(exitCode).toBe(0);
  });
});
