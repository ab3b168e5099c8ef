import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EXIT } from '@zephyr/runtime/errors';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { json, status } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { testNotifications } from './notify-test.ts';

const GROUP = `[[groups]]
name = "main"
auth_token_env = "TEAM_TOKEN"
endpoints = [{ url = "https://one.example", name = "one" }]
`;
const SLACK = '[[notify]]\nkind = "slack"\nurl_env = "SLACK"\n';
const WECOM = '[[notify]]\nkind = "wecom"\nurl_env = "WECOM"\n';

let folder: string;
let slack: ScriptedUpstream;
let wecom: ScriptedUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-notify-'));
  slack = await startScriptedUpstream({ script: status(200, {}, 'ok') });
  wecom = await startScriptedUpstream({ script: json({ errcode: 0, errmsg: 'ok' }) });
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([slack.stop(), wecom.stop()]);
});

function tried(notify: string, given: { language?: 'en' | 'zh'; json?: boolean } = {}) {
  const config = join(folder, 'config.toml');
  writeFileSync(config, GROUP + notify);
  const environment = {
    TEAM_TOKEN: 'secret-of-the-team',
    SLACK: `${slack.url}/hidden-4c1f`,
    WECOM: `${wecom.url}/send?key=hidden-4c1f`,
  };
  return testNotifications({ config, envFile: join(folder, '.env'), ...given }, environment);
}

describe('zephyr notify test', () => {
  it('sends one message to each receiver, and reports that it was accepted', async () => {
    expect(await tried(SLACK + WECOM)).toEqual({
      text: '✓ slack (SLACK): accepted\n✓ wecom (WECOM): accepted',
      exitCode: EXIT.ok,
    });
    expect(String(slack.ledger[0]?.body)).toContain('This is a test.');
    expect(wecom.ledger).toHaveLength(1);
  });

  it('shows the answer of each receiver that did not accept it, without its address', async () => {
    slack.always(status(404, {}, 'no_service hidden-4c1f'));
    wecom.always(json({ errcode: 93000, errmsg: 'invalid key hidden-4c1f' }));
    const { text, exitCode } = await tried(SLACK + WECOM);
    expect(text.split('\n')).toEqual([
      '✗ slack (SLACK): failed: HTTP 404',
      '✗ wecom (WECOM): failed: the receiver refuses the message (code 93000)',
    ]);
    expect(exitCode).toBe(EXIT.failure);
  });

  it('fails as a whole if one of them fails, also in Chinese and as JSON', async () => {
    await wecom.refuse();
    const chinese = await tried(SLACK + WECOM, { language: 'zh' });
    expect(chinese).toEqual({
      text: '✓ slack (SLACK): 已接收\n✗ wecom (WECOM): 失败：无法连接（ECONNREFUSED）',
      exitCode: EXIT.failure,
    });
    const { text } = await tried(SLACK + WECOM, { json: true });
    expect(JSON.parse(text)).toMatchObject({
      receivers: [{ receiver: 'slack (SLACK)', status: 'sent' }, { why: 'connection' }],
    });
  });

  it('explains what to do if there is no receiver', async () => {
    await expect(tried('')).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('has no [[notify]]'),
    });
  });
});
