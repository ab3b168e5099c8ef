/** A key removed from its file stops working, with no other change: the real process. */
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProxyProcess } from '../test-support/proxy-process.ts';

/** Each wrong key is a failure of this address, and those are limited. */
const POLL_MS = 250;
const BOB = 'b'.repeat(40);

async function startTeam() {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-keys-'));
  const keyFile = join(folder, 'ann');
  writeFileSync(keyFile, 'a'.repeat(40));
  const upstream = await startScriptedUpstream();
  const proxy = await startProxyProcess({
    endpoints: [upstream.url],
    config: `[[clients]]\nname = "ann"\nkey_file = "${keyFile}"
    [[clients]]\nname = "bob"\nkey_sha256 = "${createHash('sha256').update(BOB).digest('hex')}"\n`,
  });
  onTestFinished(async () => {
    proxy.kill();
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });
  const statusOf = async (key: string) =>
    (await call(proxy.port, { headers: { authorization: `Bearer ${key}` } })).status;
  return { keyFile, folder, statusOf };
}

describe('a key in a file', () => {
  it.each([
    ['replaced', (file: string, key: string) => writeFileSync(file, key)],
    [
      'replaced by renaming',
      (file: string, key: string) => {
        writeFileSync(`${file}.new`, key);
        renameSync(`${file}.new`, file);
      },
    ],
  ])('is refused once it was %s, twice, and the other person is served', async (_, replace) => {
    const { keyFile, statusOf } = await startTeam();
    for (const [before, after] of [
      ['a', 'c'],
      ['c', 'd'],
    ] as const) {
      expect(await statusOf(before.repeat(40))).toBe(200);
      replace(keyFile, after.repeat(40));
      await eventually(async () => expect(await statusOf(after.repeat(40))).toBe(200), POLL_MS);
      expect(await statusOf(before.repeat(40))).toBe(401);
      expect(await statusOf(BOB)).toBe(200);
    }
  });

  it('is refused once its file is gone, and that admits nobody else', async () => {
    const { keyFile, statusOf } = await startTeam();
    expect(await statusOf('a'.repeat(40))).toBe(200);
    rmSync(keyFile);
    await eventually(async () => expect(await statusOf('a'.repeat(40))).toBe(401));
    expect(await statusOf('')).toBe(401);
    expect(await statusOf(BOB)).toBe(200);
  });
});
