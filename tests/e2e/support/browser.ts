/** A real browser for tests of pages: Debian's Chromium, driven without a download. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARTIFACTS = join(import.meta.dirname, '../../artifacts');

/** Undefined if there is none; `ZEPHYR_CHROMIUM` overrides it. */
export function findBrowser(): string | undefined {
  const named = process.env['ZEPHYR_CHROMIUM'];
  return [...(named === undefined ? [] : [named]), ...CANDIDATES].find((path) => existsSync(path));
}

export function startBrowser(
  executablePath: string,
  more: readonly string[] = [],
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      // Tests run as root in containers, where Chromium's own sandbox does not work.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

/** Path for a screenshot; the folder is not committed. */
export function artifact(name: string): string {
  mkdirSync(ARTIFACTS, { recursive: true });
  return join(ARTIFACTS, name);
}
