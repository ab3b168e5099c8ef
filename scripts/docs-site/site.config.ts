/** VitePress reads this file. Its types are installed only where the site is built. */
import { githubSlug } from './markdown.ts';
import { SECTIONS, siteFileOf } from './pages.ts';

/** The path that the site is served under. */
const base = process.env['DOCS_BASE'] ?? '/';

const linkOf = (path: string): string => `/${siteFileOf(path).replace(/(?:index)?\.md$/, '')}`;

const sidebar = SECTIONS.map(({ title, pages }) => ({
  text: title,
  items: pages.map((page) => ({ text: page.title, link: linkOf(page.path) })),
}));

/** Tables are wide here, and there is room. */
const STYLE =
  '.VPDoc.has-aside .content-container{max-width:56rem!important}' +
  '.vp-doc td,.vp-doc th{padding:6px 10px}';

export default {
  title: 'Claude Zephyr',
  description: 'Each Claude Code request goes to the endpoint that is fastest now',
  head: [
    ['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }],
    ['style', {}, STYLE],
  ],
  srcDir: 'pages',
  outDir: '../../dist/docs',
  base,
  cleanUrls: false,
  lastUpdated: false,
  markdown: { anchor: { slugify: githubSlug }, languageAlias: { promql: 'txt' } },
  locales: {
    root: { label: 'English', lang: 'en' },
    zh: { label: '中文', lang: 'zh-CN', link: '/zh/' },
  },
  themeConfig: {
    sidebar,
    logo: '/icon.svg',
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        locales: {
          zh: { translations: { button: { buttonText: '搜索', buttonAriaLabel: '搜索' } } },
        },
      },
    },
  },
};
