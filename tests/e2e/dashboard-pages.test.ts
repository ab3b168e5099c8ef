/** The dashboard's usage and request pages, with real traffic through the proxy. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ApiRequestRecord, RequestList, UsageReport } from '@zephyr/contract/usage/usage';
import { eventually } from '@zephyr/testkit/eventually';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { findBrowser, startBrowser } from './support/browser.ts';
import { type RunningDemo, runDemo } from './support/demo.ts';

const ROOT = join(import.meta.dirname, '../..');
const chromium = findBrowser();

describe.skipIf(chromium === undefined)('the pages of usage and requests', () => {
  let running: RunningDemo;
  let browser: Browser;
  let good: ApiRequestRecord;
  let failed: ApiRequestRecord;
  const pages: Page[] = [];

  beforeAll(async () => {
    execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'pipe' });
    running = await runDemo();
    browser = await startBrowser(chromium ?? '');
    await eventually(async () => expect(await askProxy()).toBe(200), 300);
    for (const endpoint of running.demo.endpoints) await endpoint.kill();
    await eventually(async () => expect(await askProxy()).toBeGreaterThanOrEqual(500), 300);
    good = await recorded(({ outcome }) => outcome === 'ok');
    failed = await recorded(({ outcome }) => outcome === 'failed');
  });

  afterAll(async () => {
    await browser?.close();
    await running?.stop();
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
  });

  async function open(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'en-GB',
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    pages.push(page);
    await page.goto(`${running.url}/${hash}`);
    await page.locator('[data-link=live]').waitFor();
    return page;
  }

  /** A matching log record, once the proxy has written it. */
  const recorded = (isMeant: (record: ApiRequestRecord) => boolean): Promise<ApiRequestRecord> =>
    eventually(async () => {
      const response = await fetch(`${running.url}/api/requests`);
      const found = ((await response.json()) as RequestList).requests.find(isMeant);
      if (found === undefined) throw new Error('not in the log yet');
      return found;
    }, 300);

  /** @returns the status */
  async function askProxy(): Promise<number> {
    const response = await fetch(
      `http://127.0.0.1:${running.demo.system.ports.proxy}/v1/messages`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({
          ...{ model: 'claude-haiku-4-5', max_tokens: 50, stream: true },
          messages: [{ role: 'user', content: 'hello' }],
        }),
      },
    );
    await response.text();
    return response.status;
  }

  const row = (page: Page, { id }: ApiRequestRecord) => page.locator(`[data-request="${id}"]`);
  const isGone = (page: Page, record: ApiRequestRecord) =>
    row(page, record).waitFor({ state: 'detached' });

  it('shows who used what, and offers it as CSV', async () => {
    const page = await open('');
    await page.getByRole('link', { name: 'Usage' }).click();
    const anonymous = page.locator('[data-name=anonymous]');
    await anonymous.waitFor();
    // The mark before it shows the state of the endpoints.
    expect(await page.title()).toMatch(/(^|[⚠✕] )Usage · Claude Zephyr$/);
    await page.locator('[data-name=claude-haiku-4-5]').first().waitFor();
    await page.getByRole('button', { name: 'Today' }).click();
    await page.getByRole('heading', { name: 'Per hour' }).waitFor();
    await page.getByRole('button', { name: 'Tokens', exact: true }).click();
    await page.locator('.canvas[aria-label^="Tokens from 00:00"] canvas').waitFor();

    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download CSV' }).click();
    expect((await downloading).suggestedFilename()).toBe('usage.csv');

    await anonymous.getByRole('link').click();
    await row(page, good).waitFor();
    expect(await page.getByLabel('Person').inputValue()).toBe('anonymous');
    await page.goBack();
    await page.getByRole('heading', { name: 'Per hour' }).waitFor();
  });

  it('finds requests by failure and by id, and reports when none matches', async () => {
    const page = await open('#requests');
    await row(page, good).waitFor();
    await page.getByRole('button', { name: 'Failed only' }).click();
    await isGone(page, good);
    await row(page, failed).waitFor();

    await page.getByLabel('Request ID').fill(` ${good.id} `);
    await page.keyboard.press('Enter');
    await page.getByText('No request matches the filter.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await row(page, failed).waitFor();

    await page.getByLabel('Request ID').fill(good.endpointRequestId ?? '');
    await page.getByRole('button', { name: 'Search' }).click();
    await isGone(page, failed);
    await row(page, good).waitFor();
  });

  it('shows each attempt of a request and why it failed, using only the keyboard', async () => {
    const page = await open('#requests');
    await row(page, failed).getByRole('button').press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Request details' });
    await dialog.getByText(failed.id).waitFor();
    const attempts = dialog.getByRole('listitem');
    expect(await attempts.count()).toBe(failed.attempts.length);
    expect(failed.attempts.length).toBeGreaterThan(0);
    await attempts.first().getByText('connection refused').waitFor();
    // Letters are shortcuts elsewhere, but not behind a dialog.
    await page.keyboard.press('p');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.locator('.toast').count()).toBe(0);
  });

  it('shows a request as it ends, without polling', async () => {
    const page = await open('#requests?failed=true');
    await row(page, failed).waitFor();
    const seen = new Set([failed.id]);
    const later: string[] = [];
    page.on('request', (request) => later.push(request.url()));
    const sinceAtMs = Date.now();
    await askProxy();
    const added = await recorded(({ id, atMs }) => !seen.has(id) && atMs >= sinceAtMs);
    await row(page, added).waitFor();
    expect(later).toEqual([]);
  });

  it('explains why figures cannot be loaded, and shows them once they can', async () => {
    const page = await open('');
    await page.route('**/api/usage?**', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'store_away', status: 503 }),
      }),
    );
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('alert').getByText('Redis is unreachable').waitFor();
    await page.unroute('**/api/usage?**');
    await page.getByRole('button', { name: '30 days' }).click();
    await page.locator('[data-name=anonymous]').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('explains on both pages what to do while they are empty', async () => {
    const page = await open('');
    await page.route('**/api/requests*', (route) => route.fulfill({ json: { requests: [] } }));
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.getByText('No request has finished yet.').waitFor();

    const known = await (
      await fetch(`${running.url}/api/usage?since=2026-01-01&until=2026-01-01`)
    ).json();
    await page.route('**/api/usage?**', (route) => route.fulfill({ json: known }));
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByText('No usage in this period. Send a request through the proxy').waitFor();
  });

  it('reports that a part of the usage was removed, even if nothing is left', async () => {
    const page = await open('');
    const known = (await (await fetch(`${running.url}/api/usage?since=30d`)).json()) as UsageReport;
    const removed_before = '2026-07-01T00:00:00.000Z';
    for (const total of [known.total, { ...known.total, requests: 0 }]) {
      await page.unroute('**/api/usage?**');
      await page.route('**/api/usage?**', (route) =>
        route.fulfill({ json: { ...known, total, removed_before } }),
      );
      await page.reload();
      await page.getByRole('link', { name: 'Usage' }).click();
      await page.getByText('usage before 2026-07-01 00:00 UTC was removed').waitFor();
    }
  });
});
