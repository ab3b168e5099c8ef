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
  /** It goes away by itself, and is brought about for each look. */
  readonly isFleeting?: boolean;
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
    name: 'groups',
    path: '/',
    scene: 'many',
    reach: async (page) => {
      await page.locator('.filters select').selectOption('group');
      await page.locator('.group-head').first().waitFor();
    },
  },
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
      await page.locator('.toast').first().waitFor();
    },
    isFleeting: true,
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

interface Look {
  readonly colourScheme: 'dark' | 'light';
  readonly language: 'en' | 'zh';
  readonly width: number;
}

type Seen = Pick<Look, 'colourScheme' | 'width'> & { readonly isAsked: boolean };

/**
 * Colours and words in all four ways on a phone; what is left for a desk is the arrangement. axe is asked
 * about each colour scheme and each language at both widths: contrast does not depend on the words.
 * A page is loaded once for each language, and then changes its colours and its width.
 */
const LOOKS: Readonly<Record<Look['language'], readonly [Seen, ...Seen[]]>> = {
  en: [
    { colourScheme: 'dark', width: 360, isAsked: false },
    { colourScheme: 'light', width: 360, isAsked: true },
    { colourScheme: 'dark', width: 1280, isAsked: true },
  ],
  zh: [
    { colourScheme: 'light', width: 360, isAsked: false },
    { colourScheme: 'dark', width: 360, isAsked: true },
    { colourScheme: 'light', width: 1280, isAsked: true },
  ],
};
const HEIGHT = 800;
const LEAST_TARGET_PX = 40;

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
      viewport: { width, height: HEIGHT },
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

  /** What a finger cannot hit. Links within sentences are as high as their line. */
  async function smallTargets(page: Page, name: string): Promise<readonly string[]> {
    const small = (await page.evaluate(`
      [...document.querySelectorAll('button, input, select, summary, nav a, footer a, .button')]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1)
        .filter(({ box }) => Math.min(box.width, box.height) < ${LEAST_TARGET_PX})
        .map(({ element, box }) => element.outerHTML.slice(0, 80) + ' ' + box.width + ' × ' + box.height)
    `)) as readonly string[];
    return small.map((each) => `${name}: too small: ${each}`);
  }

  async function complaintsAbout(page: Page, name: string): Promise<readonly string[]> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return [
      ...(await excessOf(page, name)),
      ...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`),
    ];
  }

  async function complaintsAboutView(
    { name, path, scene, manner, reach, isFleeting }: View,
    language: Look['language'],
  ): Promise<readonly string[]> {
    const { url } = await startWorld(scene, manner);
    const complaints: string[] = [];
    const page = await open(url + path, { ...LOOKS[language][0], language });
    await reach(page);
    for (const [index, { colourScheme, width, isAsked }] of LOOKS[language].entries()) {
      await page.emulateMedia({ colorScheme: colourScheme });
      await page.setViewportSize({ width, height: HEIGHT });
      if (index > 0 && isFleeting === true) await reach(page);
      await page.screenshot({
        path: artifact(`look-${name}-${width}-${colourScheme}-${language}.png`),
      });
      const seen = `${name}, ${colourScheme}, ${width} px`;
      if (width < 768) complaints.push(...(await smallTargets(page, seen)));
      complaints.push(...(await (isAsked ? complaintsAbout : excessOf)(page, seen)));
    }
    await page.context().close();
    return complaints;
  }

  it.each(['en', 'zh'] as const)('are right in %s', { timeout: 1_200_000 }, async (language) => {
    // Two at a time: much of a page's time is waiting.
    const left = [...VIEWS];
    const complaints: string[] = [];
    const takeViews = async () => {
      for (let view = left.shift(); view !== undefined; view = left.shift()) {
        complaints.push(...(await complaintsAboutView(view, language)));
      }
    };
    await Promise.all([takeViews(), takeViews()]);
    expect(complaints).toEqual([]);
  });

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

  it.each(['/', '/status'])('nothing sticks out of %s with many endpoints', async (path) => {
    const { url } = await startWorld('many');
    const page = await open(url + path, { colourScheme: 'light', language: 'zh', width: 320 });
    await endpoints(page);
    for (const width of [320, 768, 850, 940, 2560, 3840]) {
      await page.setViewportSize({ width, height: HEIGHT });
      expect(await excessOf(page, `${path}, ${width} px`)).toEqual([]);
    }
    await page.context().close();
  });
});
