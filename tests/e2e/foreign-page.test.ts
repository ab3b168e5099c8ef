/** What another site's page can do to a proxy without keys, in a real browser. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { json } from '@zephyr/testkit/upstream-scripts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { startRig } from '../../services/proxy/src/test-support/rig.ts';
import { findBrowser, startBrowser } from './support/browser.ts';

const chromium = findBrowser();

/** A foreign page and its attempts, which run in the page, so as text. */
const PAGE = '<!doctype html><title>evil</title><iframe name="f"></iframe>';
const TRIES = (proxy: string): string => `(async () => {
  const body = '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}';
  const tries = {
    simple: () => fetch('${proxy}/v1/messages', { method: 'POST', mode: 'no-cors', body }),
    cors: () => fetch('${proxy}/v1/messages', { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    models: () => fetch('${proxy}/v1/models'),
    status: () => fetch('${proxy}/status'),
    metrics: () => fetch('${proxy}/metrics'),
    image: () => new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = '${proxy}/v1/models';
    }),
    form: () => new Promise((resolve) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'POST', action: '${proxy}/v1/messages', target: 'f', enctype: 'text/plain' });
      document.querySelector('iframe').onload = resolve;
      document.body.append(form);
      form.submit();
    }),
    beacon: () => navigator.sendBeacon('${proxy}/v1/messages', body),
  };
  const read = {};
  for (const [name, act] of Object.entries(tries)) {
    try {
      const answer = await act();
      read[name] = answer instanceof Response ? answer.status + ' ' + (await answer.text()) : 'sent';
    } catch (error) { read[name] = 'failed'; }
  }
  return read;
})()`;

describe.skipIf(chromium === undefined)('a page of another site', () => {
  let browser: Browser;
  let site: Server;
  let sitePort: number;
  beforeAll(async () => {
    browser = await startBrowser(chromium ?? '', ['--host-resolver-rules=MAP *.example 127.0.0.1']);
    site = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(PAGE));
    await once(site.listen(0, '127.0.0.1'), 'listening');
    ({ port: sitePort } = site.address() as AddressInfo);
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  async function openPage(url: string) {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    return { page, answer: await page.goto(url) };
  }

  it.each(['http://evil.example', 'http://127.0.0.1'])(
    'at %s sends nothing upstream and reads nothing',
    async (origin) => {
      const { proxy, first } = await startRig();
      first.always(json());
      const { page } = await openPage(`${origin}:${sitePort}/`);
      for (let round = 0; round < 2; round += 1) {
        const read = await page.evaluate(TRIES(`http://127.0.0.1:${proxy.port}`));
        expect(JSON.stringify(read)).not.toMatch(/"(2\d\d) |msg_1|endpoints|zephyr_proxy/);
      }
      expect(first.ledger).toEqual([]);
      expect(await proxy.metrics()).toMatch(
        /refused_requests_total\{reason="foreign_page"\} [1-9]/,
      );
    },
  );

  it('whose name resolves to the proxy reads nothing either', async () => {
    const { proxy, first } = await startRig();
    first.always(json());
    const own = `http://rebind.example:${proxy.port}`;
    const { page, answer } = await openPage(`${own}/status`);
    expect(answer?.status()).toBe(403);
    await page.setContent(PAGE);
    const read = await page.evaluate(TRIES(own));
    expect(JSON.stringify(read)).not.toMatch(/"(2\d\d) |msg_1|zephyr_proxy/);
    expect(first.ledger).toEqual([]);
  });
});
