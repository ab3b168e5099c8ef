/**
 * Builds a searchable site of the READMEs and docs in dist/docs: `make docs`. The generator, VitePress, is
 * installed only for that, in .zephyr/docs-site.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CHINESE_PAGE, SECTIONS, siteFileOf } from './docs-site/pages.ts';
import { sitePageOf } from './docs-site/site-page.ts';

const ROOT = join(import.meta.dirname, '..');
const SITE = join(ROOT, '.zephyr/docs-site');
const SOURCE = join(import.meta.dirname, 'docs-site');

install();
writePages();
execFileSync(process.execPath, ['node_modules/vitepress/bin/vitepress.js', 'build'], {
  cwd: SITE,
  stdio: 'inherit',
});
console.log('The site is in dist/docs. To read it: python3 -m http.server --directory dist/docs');

/** Reinstalls only if the version has changed. */
function install(): void {
  mkdirSync(SITE, { recursive: true });
  const lock = readFileSync(join(SOURCE, 'package-lock.json'), 'utf8');
  const installed = join(SITE, 'node_modules/.installed');
  if (textOf(installed) === lock) return;
  for (const file of ['package.json', 'package-lock.json']) {
    cpSync(join(SOURCE, file), join(SITE, file));
  }
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: SITE,
    stdio: 'inherit',
  });
  writeFileSync(installed, lock);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writePages(): void {
  rmSync(join(SITE, 'pages'), { recursive: true, force: true });
  const { homepage } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const paths = [...SECTIONS.flatMap(({ pages }) => pages.map(({ path }) => path)), CHINESE_PAGE];
  const sourceUrl = homepage === undefined ? undefined : `${homepage}/blob/main`;
  const surroundings = { pages: new Set(paths), sourceUrl };
  for (const path of paths) {
    const file = join(SITE, 'pages', siteFileOf(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, sitePageOf(readFileSync(join(ROOT, path), 'utf8'), path, surroundings));
  }
  cpSync(join(ROOT, 'docs/images'), join(SITE, 'pages/public/docs/images'), { recursive: true });
  cpSync(join(ROOT, 'packages/dashboard/src/shell/icon.svg'), join(SITE, 'pages/public/icon.svg'));
  const config = join(SITE, '.vitepress');
  mkdirSync(config, { recursive: true });
  cpSync(join(SOURCE, 'site.config.ts'), join(config, 'config.ts'));
  for (const file of ['pages.ts', 'markdown.ts']) cpSync(join(SOURCE, file), join(config, file));
}
