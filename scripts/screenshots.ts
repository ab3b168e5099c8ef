/**
 * Makes docs/images again: the dashboard of the demo in English and Chinese, after some minutes with
 * requests, in which the serving endpoint was killed and revived.
 *
 *     npm run screenshots
 *
 * Takes five minutes, because the chart shows as many. Needs Chromium (`make setup-tests`).
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startDemo } from '../packages/cli/src/commands/demo.ts';
import { findBrowser, startBrowser } from '../tests/e2e/support/browser.ts';

const IMAGES = join(import.meta.dirname, '../docs/images');
const PICTURES = [
  { file: 'dashboard.jpg', locale: 'en-GB' },
  { file: 'dashboard-zh.jpg', locale: 'zh-CN' },
];
const SESSIONS = 5;
const PAUSE_MS = 900;
/** The chart shows five minutes; what happens to Tokyo is in the middle of it. */
const KILL_AFTER_MS = 110_000;
const REVIVE_AFTER_MS = 30_000;
const PICTURE_AFTER_MS = 150_000;

const executable = findBrowser();
if (executable === undefined) throw new Error('there is no Chromium here: make setup-tests');
execFileSync(join(import.meta.dirname, 'build-dashboard.sh'), { stdio: 'inherit' });
const demo = await startDemo(0, process.env, () => {});
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
  try {
    for (const { file, locale } of PICTURES) {
      const viewport = { width: 1280, height: 1000 };
      const page = await browser.newPage({ viewport, locale, colorScheme: 'dark' });
      await page.goto(`http://127.0.0.1:${controller}`);
      await page.locator('[data-link=live]').waitFor();
      await page.locator('.endpoint').first().waitFor();
      await page.screenshot({ path: join(IMAGES, file), type: 'jpeg', quality: 85 });
      await page.close();
    }
  } finally {
    await browser.close();
  }
}

/** One person with a session of their own. Some requests fail, as everywhere. */
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
