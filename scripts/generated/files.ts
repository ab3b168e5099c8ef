/** Every file of the repository that is made from others, by path from the root. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderDashboards } from '../../grafana/source/dashboards.ts';
import { renderConfiguration } from './configuration.ts';
import { renderMetricTables } from './metrics-table.ts';

export const root = join(import.meta.dirname, '../..');

const METRICS_FROM = '<!-- made by npm run generate: from here -->';
const METRICS_TO = '<!-- made by npm run generate: to here -->';

export function generatedFiles(): ReadonlyMap<string, string> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  return new Map([
    ...[...renderDashboards()].map(
      ([file, text]) => [`grafana/dashboards/${file}`, text] as [string, string],
    ),
    ['docs/configuration.md', renderConfiguration(read('config.toml.example'))],
    ['docs/metrics.md', withTables(read('docs/metrics.md'))],
  ]);
}

function withTables(page: string): string {
  const [before, rest] = page.split(METRICS_FROM);
  const after = rest?.split(METRICS_TO)[1];
  if (before === undefined || after === undefined) {
    throw new Error('docs/metrics.md has lost the marks between which its tables stand');
  }
  return `${before}${METRICS_FROM}\n\n${renderMetricTables()}\n\n${METRICS_TO}${after}`;
}
