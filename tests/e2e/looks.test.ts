/**
 * Every view of all pages in both languages and colour schemes, from a phone to a wall display: nothing
 * overflows, and axe reports nothing. Uses mock data, so that every state can be reached.
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
import { inventedOwnUsage } from '../../packages/dashboard/dev/records.ts';
import type { SceneName } from '../../packages/dashboard/dev/scenes.ts';
import { usagePage } from '../../services/proxy/src/usage/usage-page.ts';
import { artifact, findBrowser, startBrowser } from './support/browser.ts';

const ROOT = join(import.meta.dirname, '../..');
const chromium = findBrowser();

interface View {
  readonly name: string;
  readonly path: string;
  readonly scene: SceneName;
  readonly manner?: Manner;
  /** Opens the view and waits for it. */
  readonly reach: (page: Page) => Promise<unknown>;
  /** It disappears by itself, and is reopened for each check. */
  readonly isFleeting?: boolean;
}

const endpoints = (page: Page) => page.locator('.endpoint').first().waitFor();
const linkIs = (status: string) => (page: Page) =>
  page.locator(`[data-link=${status}]`).waitFor({ timeout: 15_000 });

const waitFor = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();
/** Fills in and submits the n-th form of the settings, then waits for the result. */
const send = (form: number, texts: readonly string[], result: string) => async (page: Page) => {
  const fields = page.locator('.settings form').nth(form);
  for (const [index, text] of texts.entries()) await fields.locator('input').nth(index).fill(text);
  await fields.locator('[type=submit]').click();
  await page.locator(result).first().waitFor();
};

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
  { name: 'full', path: '/', scene: 'full', reach: endpoints },
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
    reach: waitFor('[data-availability]'),
  },
  { name: 'usage', path: '/#usage', scene: 'many', reach: waitFor('[data-name=ann]') },
  { name: 'usage-empty', path: '/#usage', scene: 'empty', reach: waitFor('.usage .empty') },
  { name: 'requests', path: '/#requests', scene: 'many', reach: waitFor('[data-request]') },
  {
    name: 'requests-empty',
    path: '/#requests',
    scene: 'empty',
    reach: waitFor('.request-log .copy-line'),
  },
  {
    name: 'requests-filtered',
    path: '/#requests?failed=true&person=nobody',
    scene: 'empty',
    reach: waitFor('.request-log .empty button'),
  },
  {
    name: 'request',
    path: '/#requests',
    scene: 'many',
    reach: async (page) => {
      await page.locator('[data-request] button').nth(2).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'settings', path: '/#settings', scene: 'many', reach: waitFor('[data-name=ann]') },
  { name: 'settings-locked', path: '/#settings', scene: 'empty', reach: waitFor('.banner') },
  {
    name: 'settings-key',
    path: '/#settings',
    scene: 'steady',
    reach: send(0, ['zoe'], 'dialog .key-lines'),
  },
  {
    name: 'settings-test',
    path: '/#settings',
    scene: 'steady',
    reach: send(1, ['Extra', 'https://claude.example.com/api', 'new', 'x'], '.banner button'),
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
  { name: 'own-usage', path: '/usage', scene: 'steady', reach: waitFor('tfoot') },
  { name: 'own-usage-away', path: '/usage?away', scene: 'steady', reach: waitFor('main > p') },
];

interface Look {
  readonly colourScheme: 'dark' | 'light';
  readonly language: 'en' | 'zh';
  readonly width: number;
}

/** axe checks each colour scheme in each language, once at phone size and once at desktop size. */
const ASKED: Readonly<Record<Look['language'], readonly [Look, Look]>> = {
  en: [
    { colourScheme: 'light', language: 'en', width: 360 },
    { colourScheme: 'dark', language: 'en', width: 1280 },
  ],
  zh: [
    { colourScheme: 'dark', language: 'zh', width: 360 },
    { colourScheme: 'light', language: 'zh', width: 1280 },
  ],
};
const WIDTHS = [320, 360, 768, 940, 1280, 2560, 3840];
const HEIGHT = 800;
const A4_WIDTH = 794;
const MIN_TARGET_PX = 40;

describe.skipIf(chromium === undefined)('the looks of both pages', () => {
  let browser: Browser;

  beforeAll(async () => {
    execFileSync(join(ROOT, 'scripts/build-dashboard.sh'), { stdio: 'pipe' });
    browser = await startBrowser(chromium ?? '');
  });

  afterAll(async () => {
    await browser?.close();
  });

  /** A separate mock server, which ends with the test. */
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
    // The proxy's script-free page, as a browser gets it.
    await page.route(/\/usage(\?away)?$/, async (route) => {
      const usage = /away$/.test(route.request().url()) ? undefined : inventedOwnUsage(Date.now());
      const body = await usagePage('ann', usage, language);
      await route.fulfill({ contentType: 'text/html; charset=utf-8', body });
    });
    await page.goto(url);
    return page;
  }

  /** Horizontal or excess page scrolling, and content cut off outside a scrolling box. */
  async function excessOf(page: Page, name: string): Promise<readonly string[]> {
    const found = (await page.evaluate(`(() => {
      const scrolls = (element) => element !== null && element !== document.body &&
        (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
      const excess = document.documentElement.scrollWidth - window.innerWidth;
      const cut = [...document.querySelectorAll('button, input, select, a, h2, p, code, td, dd')]
        .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
        .filter((element) => !scrolls(element.parentElement))
        .slice(0, 3)
        .map((element) => 'cut off: ' + element.outerHTML.slice(0, 80));
      const end = (document.querySelector('footer') ?? document.body).getBoundingClientRect().bottom + window.scrollY;
      const beyond = document.documentElement.scrollHeight - Math.max(end, window.innerHeight);
      return [
        ...(excess > 0 ? ['sticks out by ' + excess + ' px'] : []),
        ...(beyond > 100 ? ['continues for ' + beyond + ' px after its end'] : []),
        ...cut,
      ];
    })()`)) as readonly string[];
    return found.map((each) => `${name}: ${each}`);
  }

  /** Targets too small for a finger. Links within sentences are as tall as their line. */
  async function smallTargets(page: Page, name: string): Promise<readonly string[]> {
    const small = (await page.evaluate(`
      [...document.querySelectorAll('button, input, select, summary, nav a, footer a, .button')]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1)
        .filter(({ box }) => Math.min(box.width, box.height) < ${MIN_TARGET_PX})
        .map(({ element, box }) => element.outerHTML.slice(0, 80) + ' ' + box.width + ' × ' + box.height)
    `)) as readonly string[];
    return small.map((each) => `${name}: too small: ${each}`);
  }

  async function complaintsAbout(page: Page, name: string): Promise<readonly string[]> {
    // Legacy mode runs in the page itself: otherwise results are assembled in an extra page.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    return [
      ...(await excessOf(page, name)),
      ...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0]?.html}`),
    ];
  }

  /** Forced colours, and print, where nothing can be pressed. */
  async function complaintsOfMedia(page: Page, name: string): Promise<readonly string[]> {
    const complaints: string[] = [];
    await page.emulateMedia({ forcedColors: 'active' });
    complaints.push(...(await excessOf(page, `${name}, forced colours`)));
    await page.screenshot({ path: artifact(`look-${name}-forced.png`) });
    await page.emulateMedia({ forcedColors: 'none', media: 'print' });
    await page.setViewportSize({ width: A4_WIDTH, height: HEIGHT });
    complaints.push(...(await excessOf(page, `${name}, print`)));
    await page.screenshot({ path: artifact(`look-${name}-print.png`) });
    const buttons = await page.locator('button:not(.request-log *):visible').count();
    if (buttons > 0) complaints.push(`${name}, print: ${buttons} buttons`);
    return complaints;
  }

  async function complaintsAboutView(
    { name, path, scene, manner, reach, isFleeting }: View,
    language: Look['language'],
  ): Promise<readonly string[]> {
    const { url } = await startWorld(scene, manner);
    const complaints: string[] = [];
    const page = await open(url + path, ASKED[language][0]);
    await reach(page);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      const seen = `${name}, ${width} px`;
      complaints.push(...(await excessOf(page, seen)));
      if (width < 768) complaints.push(...(await smallTargets(page, seen)));
    }
    for (const { colourScheme, width } of ASKED[language]) {
      await page.emulateMedia({ colorScheme: colourScheme });
      await page.setViewportSize({ width, height: HEIGHT });
      if (isFleeting === true) await reach(page);
      const seen = `${name}-${width}-${colourScheme}-${language}`;
      complaints.push(...(await complaintsAbout(page, seen)));
      await page.screenshot({ path: artifact(`look-${seen}.png`) });
    }
    if (language === 'en') complaints.push(...(await complaintsOfMedia(page, name)));
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
});
