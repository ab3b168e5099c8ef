/** The page and the command line when the controller requires its admin token. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { ApiSettings, EditAnswer } from '@zephyr/contract/operate/config-edit';
import { eventually } from '@zephyr/testkit/eventually';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { demanding, sse } from '@zephyr/testkit/upstream-scripts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifact, findBrowser, startBrowser } from './support/browser.ts';
import { type RunningDemo, runDemo } from './support/demo.ts';
import { startPathFront } from './support/path-front.ts';
import { runZephyr } from './support/run-zephyr.ts';

const ROOT = join(import.meta.dirname, '../..');
const TOKEN = 'e2e-5d81f0c36b7a94e2d0';
const chromium = findBrowser();

let running: RunningDemo;
beforeAll(async () => {
  execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'pipe' });
  running = await runDemo({ ZEPHYR_ADMIN_TOKEN: TOKEN });
});
afterAll(async () => {
  await running?.stop();
});

describe.skipIf(chromium === undefined)('the web dashboard', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
  });

  it('asks for the token, refuses a wrong one, and keeps the right one in a cookie', async () => {
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(running.url);
    const field = page.getByLabel('Admin token');
    await field.fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('The token was refused.').waitFor();
    // Its text must be readable on hover too.
    await page.getByRole('button', { name: 'Log in' }).hover();
    await page.screenshot({ path: artifact('login.png') });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);

    await field.fill(TOKEN);
    await field.press('Enter');
    await page.locator('.endpoint').first().waitFor();
    await page.keyboard.press('r');
    await page.locator('.toast', { hasText: 'Probing 3 endpoints' }).waitFor();
    await page.locator('[data-kind=command]', { hasText: 'Browser: probe now' }).first().waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    await page.locator('.endpoint').first().waitFor();

    // With it, the configuration can be edited.
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Name', { exact: true }).fill('ann');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const lines = await page.locator('dialog .key-lines').innerText();
    expect(lines).toMatch(/ANTHROPIC_BASE_URL=http:.*\n.*ANTHROPIC_AUTH_TOKEN=zk-[\w-]{43}$/);
    const ofSettings = await new AxeBuilder({ page }).analyze();
    expect(ofSettings.violations.map(({ id }) => id)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.locator('[data-name=ann]', { hasText: 'stored as a hash' }).waitFor();
    expect(await page.content()).not.toContain('zk-');

    // An endpoint is tested first, by a prober.
    await page.getByLabel('Endpoint', { exact: true }).fill('Extra');
    const extra = await startScriptedUpstream({ script: sse() });
    await page.getByLabel('Base URL').fill(extra.url);
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    await page.getByText('Extra is in service: serves any client').waitFor();
    await extra.stop();
    await page.getByLabel('Endpoint', { exact: true }).fill('Gone');
    await page.getByLabel('Base URL').fill('http://127.0.0.1:1');
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    await page.locator('.banner', { hasText: 'not in service' }).waitFor();
    await page.screenshot({ path: artifact('settings.png') });
    await page.getByRole('button', { name: 'Use it anyway' }).click();
    await page.getByText('Gone is in service.').waitFor();
    await context.close();
  });
});

describe.skipIf(chromium === undefined)('under a path behind a front', () => {
  it('the dashboard logs in, follows and acts; no request leaves the path', async () => {
    const front = await startPathFront('/zephyr/', running.url);
    const browser = await startBrowser(chromium ?? '');
    try {
      const page = await browser.newPage({ locale: 'en-GB' });
      await page.goto(front.url);
      await page.getByLabel('Admin token').fill(TOKEN);
      await page.getByLabel('Admin token').press('Enter');
      await page.locator('.endpoint').first().waitFor();
      await page.keyboard.press('r');
      await page.locator('.toast', { hasText: /Probing \d endpoints/ }).waitFor();
      await page.goto(`${front.url}#usage`);
      await page.locator('a[download]').waitFor();
      expect(front.strays).toEqual([]);
    } finally {
      await browser.close();
      front.stop();
    }
  });

  it("so does the proxy's page", async () => {
    const { proxy } = running.demo.system.ports;
    const front = await startPathFront('/proxy/', `http://127.0.0.1:${proxy}`);
    const browser = await startBrowser(chromium ?? '');
    try {
      const page = await browser.newPage({ locale: 'en-GB' });
      await page.goto(`${front.url}status`);
      await page.locator('.endpoint').first().waitFor();
      expect(front.strays).toEqual([]);
    } finally {
      await browser.close();
      front.stop();
    }
  });
});

describe('a new endpoint', () => {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const asked = async <Answer>(name: string) =>
    (await (await fetch(`${running.url}/api/${name}`, { headers })).json()) as Answer;
  const add = async (name: string, url: string) => {
    const response = await fetch(`${running.url}/api/edits/add-endpoint`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, url, group: name, token: `sk-canary-of-${name}` }),
    });
    const { tested } = (await response.json()) as EditAnswer;
    const { endpoints } = await asked<ApiState>('state');
    return { tested, isEnabled: endpoints.find((endpoint) => endpoint.name === name)?.enabled };
  };

  // Commands sent before a controller leads for the first time are not confirmed.
  beforeAll(async () => {
    const resume = () =>
      fetch(`${running.url}/api/commands/resume`, { method: 'POST', headers, body: '{}' });
    await eventually(async () => expect((await resume()).status).toBe(200));
  });

  it('is put into service once a prober finds that it serves, and how it accepts the token', async () => {
    const takes = { 'x-api-key': 'sk-canary-of-Keyed', authorization: undefined };
    const keyed = await startScriptedUpstream({ script: demanding(takes, sse()) });
    const { tested, isEnabled } = await add('Keyed', keyed.url);
    await keyed.stop();
    expect(tested?.finding).toMatchObject({
      serves: 'any_client',
      auth: 'x-api-key',
      canStream: true,
    });
    expect([tested?.isInService, isEnabled]).toEqual([true, true]);
    const settings = await asked<ApiSettings>('settings');
    const config = readFileSync(settings.path, 'utf8');
    expect(config).toContain('name = "Keyed"\nauth = "x-api-key"');
    expect(config).not.toContain('sk-canary');
  });

  it('stays out of service when it does not serve, with the reason', async () => {
    const gone = await startScriptedUpstream({ script: sse() });
    await gone.stop();
    const { tested, isEnabled } = await add('Away', gone.url);
    expect([tested?.isInService, isEnabled]).toEqual([false, false]);
    expect(tested?.finding).toMatchObject({
      serves: 'not_asked',
      refusal: { failure: 'connection_refused' },
    });
  });
});

describe('the command line', () => {
  const unpin = (token: Record<string, string>) =>
    runZephyr(['unpin', '--url', running.url], token);

  it('reports which variable the token comes from', async () => {
    const { status, stderr } = await unpin({});
    expect(stderr).toBe('the controller requires its admin token\n  Set ZEPHYR_ADMIN_TOKEN.\n');
    expect(status).toBe(1);
  });

  it('reads the token from there', async () => {
    expect((await unpin({ ZEPHYR_ADMIN_TOKEN: TOKEN })).stdout).toBe(
      'The mode is automatic. Nothing changed.\n',
    );
  });
});
