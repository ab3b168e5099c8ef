/** The pages of the site, in the order of its side bar. A test compares them with the documents. */

export interface SitePage {
  /** From the root of the repository. */
  readonly path: string;
  readonly title: string;
}

export interface SiteSection {
  readonly title: string;
  readonly pages: readonly SitePage[];
}

export const SECTIONS: readonly SiteSection[] = [
  {
    title: 'Start',
    pages: [
      { path: 'README.md', title: 'Claude Zephyr' },
      { path: 'docs/running.md', title: 'Choose your way to run it' },
      { path: 'docs/faq.md', title: 'Frequently asked questions' },
      { path: 'docs/comparison.md', title: 'Comparison' },
      { path: 'docs/upgrade.md', title: 'From the original' },
    ],
  },
  {
    title: 'Operate',
    pages: [
      { path: 'docs/operations.md', title: 'Operations' },
      { path: 'docs/configuration.md', title: 'Configuration' },
      { path: 'docs/cli.md', title: 'Commands' },
      { path: 'docs/usage.md', title: 'Usage and budgets' },
      { path: 'docs/metrics.md', title: 'Metrics' },
      { path: 'docs/security.md', title: 'Security' },
      { path: 'docs/tls.md', title: 'TLS' },
      { path: 'deploy/README.md', title: 'Several hosts' },
    ],
  },
  {
    title: 'Understand',
    pages: [
      { path: 'ARCHITECTURE.md', title: 'Architecture' },
      { path: 'docs/decisions.md', title: 'Decisions' },
      { path: 'docs/data-path.md', title: 'Data path' },
      { path: 'docs/probes.md', title: 'Probes' },
      { path: 'docs/simulation.md', title: 'Simulation' },
      { path: 'docs/soak.md', title: 'Soak' },
      { path: 'docs/scaling.md', title: 'Scaling' },
    ],
  },
  {
    title: 'Contribute',
    pages: [
      { path: 'CONTRIBUTING.md', title: 'Contributing' },
      { path: 'CHANGELOG.md', title: 'Changelog' },
    ],
  },
];

/** The only Chinese page. */
export const CHINESE_PAGE = 'README.zh.md';

/** The path of a page in the site, from its path in the repository. */
export function siteFileOf(path: string): string {
  if (path === CHINESE_PAGE) return 'zh/index.md';
  return path.replace(/(^|\/)README\.md$/, '$1index.md');
}
