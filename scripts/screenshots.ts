/**
 * Regenerates the READMEs' pictures in docs/images: the demo's dashboard in English and Chinese, light and
 * dark, after a few minutes of traffic in which the serving endpoint was killed and revived. Also the whole
 * page at four widths in tests/artifacts/screens, for review.
 *
 *     npm run screenshots
 *
 * Takes five minutes, because the chart shows as many. Needs Chromium (`make setup-tests`).
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { startDemo } from '../packages/cli/src/commands/lifecycle/demo.ts';
import { findBrowser, startBrowser } from '../tests/e2e/support/browser.ts';

const IMAGES = join(import.meta.dirname, '../docs/images');
const SCREENS = join(import.meta.dirname, '../tests/artifacts/screens');
const LANGUAGES = [
  { locale: 'en-GB', suffix: '' },
  { locale: 'zh-CN', suffix: '-zh' },
];
const SCHEMES = ['light', 'dark'] as const;
const WIDTHS = [360, 768, 1280, 2560];
/** Width of the pictures in the READMEs. */
const SHOWN_WIDTH = 1280;
/** Margin below the last complete panel. */
const MARGIN = 16;
/** The default, because the page shows it. */
const PORT = 8080;
const SESSIONS = 5;
const PAUSE_MS = 900;
/** The chart shows five minutes; Tokyo's outage is in the middle. */
const KILL_AFTER_MS = 110_000;
const REVIVE_AFTER_MS = 30_000;
const PICTURE_AFTER_MS = 150_000;
/** Time for a page and its charts to redraw at a new width or colours. */
const REDRAWN_MS = 1_200;

const executable = findBrowser();
if (executable === undefined) throw new Error('there is no Chromium here: make setup-tests');
execFileSync(join(import.meta.dirname, 'build-dashboard.sh'), { stdio: 'inherit' });
const demo = await startDemo(PORT, process.env, () => {});
const { proxy, controller } = demo.system.ports;
const ending = new AbortController();
const people = Array.from({ length: SESSIONS }, () => keepAsking(randomUUID(), ending.signal));
try {
  const tokyo = demo.endpoints.find(({ name }) => name === 'Tokyo');
  await sleep(KILL_AFTER_MS);
  await tokyo?.kill();
  await sleep(REVIVE_AFTER_MS);
  await tokyo?.revive();
  await sleep(PICTURE_AFTER_MS);
  await takePictures(executable);
} finally {
  ending.abort();
  await Promise.all(people);
  await demo.system.stop();
  await demo.endEndpoints();
}

async function takePictures(executablePath: string): Promise<void> {
  const browser = await startBrowser(executablePath);
  mkdirSync(SCREENS, { recursive: true });
  try {
    for (const { locale, suffix } of LANGUAGES) {
      const page = await browser.newPage({
        viewport: { width: SHOWN_WIDTH, height: 1000 },
        locale,
      });
      await page.goto(`http://127.0.0.1:${controller}`);
      await page.locator('[data-link=live]').waitFor();
      await page.locator('.endpoint').first().waitFor();
      for (const colorScheme of SCHEMES) await takeScheme(page, colorScheme, suffix);
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

async function takeScheme(
  page: Page,
  colorScheme: 'light' | 'dark',
  suffix: string,
): Promise<void> {
  await page.emulateMedia({ colorScheme });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 1000 });
    await page.waitForTimeout(REDRAWN_MS);
    const jpeg = { type: 'jpeg', quality: 80, fullPage: true } as const;
    const file = `dashboard${suffix}-${width}-${colorScheme}.jpg`;
    await page.screenshot({ ...jpeg, path: join(SCREENS, file) });
    if (width !== SHOWN_WIDTH) continue;
    const chart = await page.locator('.chart').boundingBox();
    if (chart === null) throw new Error('the page has no chart');
    const clip = { x: 0, y: 0, width, height: Math.ceil(chart.y + chart.height) + MARGIN };
    const picture = join(IMAGES, `dashboard${suffix}-${colorScheme}.jpg`);
    await page.screenshot({ ...jpeg, path: picture, clip });
  }
}

/** One person with one session. Some requests fail, as in real use. */
async function keepAsking(sessionId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await ask(sessionId, signal).catch(() => undefined);
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function ask(sessionId: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${proxy}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer demo',
      'x-claude-code-session-id': sessionId,
    },
    body: JSON.stringify({
      model: 'claude-haiku-4-5',
      max_tokens: 64,
      stream: true,
      messages: [{ role: 'user', content: 'hello' }],
    }),
    signal,
  });
  await response.text();
}
