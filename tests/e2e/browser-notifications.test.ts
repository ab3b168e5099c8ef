/** Notifications in a real browser: opt-in, only while in the background, one for all tabs. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type MockServer, startMockServer } from '../../packages/dashboard/dev/mock-server.ts';
import { findBrowser, startBrowser } from './support/browser.ts';

const ROOT = join(import.meta.dirname, '../..');
const chromium = findBrowser();

/** Records notifications, and lets a test hide the page: a headless page is always visible. */
const WATCH = `
  window.shown = [];
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      window.shown.push({ title, body: options.body, silent: options.silent });
    }
  };
  window.isBehind = false;
  Object.defineProperty(document, 'visibilityState', {
    get: () => (window.isBehind ? 'hidden' : 'visible'),
  });
`;

describe.skipIf(chromium === undefined)('notifications in a browser', () => {
  let browser: Browser;
  let server: MockServer;
  let context: BrowserContext;
  let lastId = Date.now();

  beforeAll(async () => {
    execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'pipe' });
    browser = await startBrowser(chromium ?? '');
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startMockServer(0);
    context = await browser.newContext({ locale: 'en-GB' });
    await context.addInitScript(WATCH);
  });
  afterEach(async () => {
    await context.close();
    server.stop();
  });

  async function open(url = server.url): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('[data-link=live]').waitFor();
    return page;
  }

  const choice = (page: Page) => page.getByRole('button', { name: 'Notify me in this browser' });
  const hide = (page: Page) => page.evaluate('window.isBehind = true');
  const shownIn = (page: Page) =>
    page.evaluate('window.shown') as Promise<readonly { body: string; silent: boolean }[]>;
  const bodiesIn = async (page: Page) => (await shownIn(page)).map(({ body }) => body);

  function happens(code: 'endpoint_unhealthy' | 'token_accepted', endpointId: string): void {
    lastId += 1;
    const about = { id: `${lastId}-0`, atMs: lastId, kind: 'notice', severity: 'warning' } as const;
    const notice = { code, endpointId, failure: 'connection_refused', detail: '' };
    server.log({ ...about, notice } as unknown as ApiLogEntry);
  }
  /** The log shows an entry after it has been handled. */
  const arrives = (page: Page, text: string) =>
    page.locator('.log li', { hasText: text }).first().waitFor();

  const down = 'instcopilot-hk is unhealthy: connection refused';

  it('appear once enabled, only while the page is in the background, once for all tabs', async () => {
    await context.grantPermissions(['notifications'], { origin: server.url });
    const pages = [await open(), await open()] as const;
    const [first, second] = pages;
    await hide(first);
    happens('endpoint_unhealthy', 'instcopilot-sg');
    await arrives(first, 'instcopilot-sg is unhealthy');
    expect(await shownIn(first)).toEqual([]);

    await choice(first).click();
    await first.getByText('This browser notifies you of the same events').waitFor();
    await second.reload();
    await second.locator('[data-link=live]').waitFor();
    expect(await choice(second).getAttribute('aria-pressed')).toBe('true');
    await hide(second);
    happens('token_accepted', 'instcopilot-hk');
    happens('endpoint_unhealthy', 'instcopilot-hk');
    await Promise.all(pages.map((page) => arrives(page, down)));
    await first.waitForFunction(
      'navigator.locks.query().then(({ held, pending }) => held.length + pending.length === 0)',
    );
    const shown = [...(await bodiesIn(first)), ...(await bodiesIn(second))];
    expect(shown).toEqual([down]);

    await Promise.all(pages.map((page) => page.evaluate('window.isBehind = false')));
    happens('endpoint_unhealthy', 'backup-eu');
    await Promise.all(pages.map((page) => arrives(page, 'backup-eu is unhealthy')));
    expect([...(await bodiesIn(first)), ...(await bodiesIn(second))]).toEqual([down]);
  });

  it('are requested only on a click, once', async () => {
    await context.addInitScript(`
      window.permission = 'default';
      Object.defineProperty(Notification, 'permission', { get: () => window.permission });
      window.asked = 0;
      Notification.requestPermission = async () => {
        window.asked += 1;
        window.permission = 'granted';
      };
    `);
    const page = await open();
    await choice(page).waitFor();
    expect(await page.evaluate('window.asked')).toBe(0);
    await choice(page).click();
    await page.getByText('This browser notifies you of the same events').waitFor();
    await choice(page).click();
    await choice(page).click();
    expect(await page.evaluate('window.asked')).toBe(1);
  });

  it.each([
    [
      'it blocks them',
      "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })",
      'This browser blocks notifications from this page.',
    ],
    [
      'the connection is not private',
      "Object.defineProperty(window, 'isSecureContext', { get: () => false })",
      'Notifications in a browser need HTTPS',
    ],
    ['it has none', 'delete window.Notification', 'This browser cannot notify you from a page.'],
  ])('give way to a sentence where %s', async (_, script, text) => {
    await context.addInitScript(script);
    const page = await open();
    await page.getByText(text).waitFor();
    expect(await choice(page).count()).toBe(0);
  });
});
