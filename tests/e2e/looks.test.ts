/**
 * Every view of both pages in both languages and colour schemes, on a phone and on a desk: nothing
 * sticks out, and axe finds nothing. The world behind is invented, so that every state can be had.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import {
  type Manner,
  type MockServer,
  startMockServer,
} from '../../packages/dashboard/dev/mock-server.ts';
import type { SceneName } from '../../packages/dashboard/dev/scenes.ts';
import { artifact, findBrowser, startBrowser } from './support/browser.ts';

const ROOT = join(import.meta.dirname, '../..');
const chromium = findBrowser();

interface View {
  readonly name: string;
  readonly path: '/' | '/#history?range=30d' | '/status';
  readonly scene: SceneName;
  readonly manner?: Manner;
  /** Brings the view about, and waits until it is there. */
  readonly reach: (page: Page) => Promise<unknown>;
}

const endpoints = (page: Page) => page.locator('.endpoint').first().waitFor();
const linkIs = (status: string) => (page: Page) =>
  page.locator(`[data-link=${status}]`).waitFor({ timeout: 15_000 });

const VIEWS: readonly View[] = [
  {
    name: 'details',
    path: '/',
    scene: 'steady',
    reach: async (page) => {
      await page.locator('.endpoint:last-child [aria-expanded]').click();
      await page.locator('.detail-panel').waitFor();
    },
  },
  { name: 'pending', path: '/', scene: 'pending', reach: endpoints },
  { name: 'down', path: '/', scene: 'down', reach: endpoints },
  { name: 'empty', path: '/', scene: 'empty', reach: endpoints },
  { name: 'away', path: '/', scene: 'away', reach: endpoints },
  { name: 'many', path: '/', scene: 'many', reach: endpoints },
  {
    name: 'history',
    path: '/#history?range=30d',
    scene: 'many',
    reach: (page) => page.locator('[data-availability]').first().waitFor(),
  },
  {
    name: 'why',
    path: '/',
    scene: 'steady',
    reach: async (page) => {
      await page.locator('.log .why-button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'help',
    path: '/',
    scene: 'steady',
    reach: async (page) => {
      await endpoints(page);
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'question',
    path: '/',
    scene: 'steady',
    reach: async (page) => {
      await page.locator('.use').nth(1).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'answer',
    path: '/',
    scene: 'steady',
    reach: async (page) => {
      await endpoints(page);
      await page.keyboard.press('r');
      await page.locator('.toast').waitFor();
    },
  },
  { name: 'login', path: '/', scene: 'steady', manner: 'login', reach: linkIs('login') },
  { name: 'connecting', path: '/', scene: 'steady', manner: 'silent', reach: linkIs('connecting') },
  { name: 'failed', path: '/', scene: 'steady', manner: 'refused', reach: linkIs('failed') },
  { name: 'status', path: '/status', scene: 'steady', reach: endpoints },
  { name: 'status-many', path: '/status', scene: 'many', reach: endpoints },
  { name: 'status-down', path: '/status', scene: 'down', reach: endpoints },
  { name: 'status-empty', path: '/status', scene: 'empty', reach: endpoints },
  { name: 'status-away', path: '/status', scene: 'away', reach: endpoints },
  {
    name: 'status-failed',
    path: '/status',
    scene: 'steady',
    manner: 'refused',
    reach: linkIs('failed'),
  },
];

/**
 * Colours and words in all four ways on a phone; what is left for a desk is the arrangement. axe is asked
 * about each colour scheme and each language at both widths: contrast does not depend on the words.
 */
const LOOKS = [
  { colourScheme: 'dark', language: 'en', width: 360, isAsked: false },
  { colourScheme: 'dark', language: 'zh', width: 360, isAsked: true },
  { colourScheme: 'light', language: 'en', width: 360, isAsked: true },
  { colourScheme: 'light', language: 'zh', width: 360, isAsked: false },
  { colourScheme: 'dark', language: 'en', width: 1280, isAsked: true },
  { colourScheme: 'light', language: 'zh', width: 1280, isAsked: true },
] as const;
interface Look {
  readonly colourScheme: 'dark' | 'light';
  readonly language: 'en' | 'zh';
  readonly width: number;
}

describe.skipIf(chromium === undefined)('the looks of both pages', () => {
  let browser: Browser;

  beforeAll(async () => {
    execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'pipe' });
    browser = await startBrowser(chromium ?? '');
  });

  afterAll(async () => {
    await browser?.close();
  });

  /** A world of its own, which ends with the test. */
  async function startWorld(scene: SceneName, manner?: Manner): Promise<MockServer> {
    const server = await startMockServer(0);
    onTestFinished(() => server.stop());
    server.show(scene, manner);
    return server;
  }

  async function open(url: string, { colourScheme, language, width }: Look): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: colourScheme,
      locale: language === 'zh' ? 'zh-CN' : 'en-GB',
      reducedMotion: 'reduce',
    });
    await context.addInitScript(
      `localStorage.setItem('zephyr-language', ${JSON.stringify(language)})`,
    );
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async function excessOf(page: Page, name: string): Promise<readonly string[]> {
    const excess = Number(
      await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
    );
    return excess > 0 ? [`${name}: sticks out by ${excess} px`] : [];
  }

  async function complaintsAbout(page: Page, name: string): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return [
      ...(await excessOf(page, name)),
      ...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`),
    ];
  }

  async function complaintsAboutView(
    { name, path, scene, manner, reach }: View,
    look: (typeof LOOKS)[number],
  ): Promise<readonly string[]> {
    const { url } = await startWorld(scene, manner);
    const page = await open(url + path, look);
    await reach(page);
    await page.screenshot({
      path: artifact(`look-${name}-${look.width}-${look.colourScheme}-${look.language}.png`),
    });
    const complaints = await (look.isAsked ? complaintsAbout : excessOf)(page, name);
    await page.context().close();
    return complaints;
  }

  it.each(LOOKS)(
    'are right: $colourScheme, $language, $width px',
    { timeout: 240_000 },
    async (look) => {
      // Two at a time: much of a page's time is waiting.
      const left = [...VIEWS];
      const complaints: string[] = [];
      const takeViews = async () => {
        for (let view = left.shift(); view !== undefined; view = left.shift()) {
          complaints.push(...(await complaintsAboutView(view, look)));
        }
      };
      await Promise.all([takeViews(), takeViews()]);
      expect(complaints).toEqual([]);
    },
  );

  it.each(['/', '/status'])('%s says that it is stale when the server goes away', async (path) => {
    for (const language of ['en', 'zh'] as const) {
      const server = await startWorld('steady');
      const page = await open(server.url + path, { colourScheme: 'dark', language, width: 1280 });
      await endpoints(page);
      server.cut();
      await page.locator('[data-link=stale]').waitFor();
      expect(await complaintsAbout(page, 'stale')).toEqual([]);
      await page.context().close();
    }
  });

  it.each([320, 768, 850, 940, 2560, 3840])(
    'nothing sticks out with many endpoints at %d px',
    async (width) => {
      for (const path of ['/', '/status']) {
        const { url } = await startWorld('many');
        const page = await open(url + path, { colourScheme: 'light', language: 'zh', width });
        await endpoints(page);
        expect(await excessOf(page, path)).toEqual([]);
        await page.context().close();
      }
    },
  );
});
