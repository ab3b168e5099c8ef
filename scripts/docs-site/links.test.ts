/** Every relative link of every document resolves to a file, and its anchor to a heading. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { anchorsOf, githubSlug, isAbsolute, placeOf, targetsOf } from './markdown.ts';
import { CHINESE_PAGE, SECTIONS } from './pages.ts';
import { sitePageOf } from './site-page.ts';

const ROOT = join(import.meta.dirname, '../..');
const documents = globSync('**/*.md', {
  cwd: ROOT,
  exclude: ['**/{node_modules,dist,coverage,.git,.zephyr,artifacts}'],
}).toSorted();
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The broken links of a document. */
function brokenLinks(text: string, from: string): readonly string[] {
  return targetsOf(text)
    .filter((target) => !isAbsolute(target))
    .filter((target) => {
      const { path, anchor } = placeOf(from, target);
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== '' && path.endsWith('.md') && !anchorsOf(textOf(path)).has(anchor);
    })
    .map((target) => `${from}: ${target}`);
}

describe('the documents', () => {
  it('have no broken links', () => {
    expect(documents.length).toBeGreaterThan(15);
    expect(documents.flatMap((path) => brokenLinks(textOf(path), path))).toEqual([]);
  });

  it('a missing file, a missing anchor and a missing picture are found', () => {
    const text = [
      '[a](docs/nothing.md) [b](docs/faq.md#nothing) [c](#nothing) ![d](docs/images/none.png)',
      '<img src="docs/images/none.jpg"> [fine](docs/faq.md) `[code](docs/none.md)`',
      '```\n[code](docs/none.md)\n```',
    ].join('\n');
    expect(brokenLinks(text, 'README.md')).toEqual([
      'README.md: docs/nothing.md',
      'README.md: docs/faq.md#nothing',
      'README.md: #nothing',
      'README.md: docs/images/none.png',
      'README.md: docs/images/none.jpg',
    ]);
  });

  it('are all pages of the site, but for those of a folder', () => {
    const pages = [
      ...SECTIONS.flatMap((section) => section.pages.map(({ path }) => path)),
      CHINESE_PAGE,
    ];
    expect(documents.filter((path) => !pages.includes(path))).toEqual(['config/README.md']);
    expect(pages.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

it('the READMEs in English and Chinese have the same parts, commands and links, in the same order', () => {
  const partsOf = (path: string) => {
    const text = textOf(path);
    const marks = [...text.matchAll(/^(?:#+ |- |\||```|<\w+|\*\*)/gm)].map(([mark]) => mark);
    const commands = [...text.matchAll(/^(?:cp|make|git|npm|export|[A-Z_]+=)[^#\n]*/gm)].map(
      ([line]) => line.replace(/<[^>]*>/g, '').trim(),
    );
    const links = targetsOf(text).map((target) =>
      target.replace(/^README(\.zh)?\.md$/, 'the other one').replace('dashboard-zh', 'dashboard'),
    );
    return { marks, commands, links };
  };
  expect(partsOf('README.md').commands.length).toBeGreaterThan(8);
  expect(partsOf('README.zh.md')).toEqual(partsOf('README.md'));
});

describe('a page of the site', () => {
  const surroundings = {
    pages: new Set(['README.md', 'README.zh.md', 'docs/faq.md']),
    sourceUrl: 'https://example.com/blob/main',
  };

  it('links to pages, pictures and sources, and leaves code unchanged', () => {
    const text = [
      '[faq](docs/faq.md#why) [zh](README.zh.md) [make](Makefile) [out](https://x.example) [here](#a)',
      '<img src="docs/images/a.jpg">',
      '```\n[faq](docs/faq.md)\n```',
    ].join('\n');
    expect(sitePageOf(text, 'README.md', surroundings)).toBe(
      [
        '[faq](./docs/faq.md#why) [zh](./zh/index.md) [make](https://example.com/blob/main/Makefile) [out](https://x.example) [here](#a)',
        '<img src="/docs/images/a.jpg">',
        '```\n[faq](docs/faq.md)\n```',
      ].join('\n'),
    );
    expect(sitePageOf('[en](README.md)', 'README.zh.md', surroundings)).toBe('[en](../index.md)');
    expect(
      sitePageOf('[make](Makefile)', 'README.md', { ...surroundings, sourceUrl: undefined }),
    ).toBe('make (`Makefile`)');
  });

  it.each([
    ['Never worse than without us', 'never-worse-than-without-us'],
    ['`zephyr run`: one command', 'zephyr-run-one-command'],
    ['要求', '要求'],
  ])('%s has the anchor that GitHub gives it', (heading, slug) => {
    expect([...anchorsOf(`# ${heading}\n`)]).toEqual([slug]);
    expect(githubSlug(heading.replaceAll('`', ''))).toBe(slug);
  });
});
