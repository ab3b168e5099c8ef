/** Every generated file of the repository, by path from the root. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderDashboards } from '../../grafana/source/dashboards.ts';
import { renderBadges } from './badges.ts';
import { renderCommandHelp } from './command-help.ts';
import { renderConfigExample } from './config-example.ts';
import { renderConfiguration } from './configuration.ts';
import { withDocsLinks } from './docs-links.ts';
import { renderMetricTables } from './metrics-table.ts';
import { renderScopeTable } from './scope-table.ts';
import { renderTimeoutsTable } from './timeouts-table.ts';

export const root = join(import.meta.dirname, '../..');

const FROM = '<!-- made by npm run generate: from here -->';
const TO = '<!-- made by npm run generate: to here -->';

/** Written by hand but for the address of the docs. */
const WITH_RUNBOOKS = ['rules', 'tests'].flatMap((kind) =>
  ['objectives', 'alerts'].map((name) => `grafana/prometheus/${kind}/${name}.yml`),
);

export function generatedFiles(): ReadonlyMap<string, string> {
  const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return new Map([
    ...WITH_RUNBOOKS.map(
      (path) =>
        [path, withDocsLinks(readFileSync(join(root, path), 'utf8'), homepage)] as [string, string],
    ),
    ...[...renderDashboards()].map(
      ([file, text]) => [`grafana/dashboards/${file}`, text] as [string, string],
    ),
    ...renderBadges(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))),
    ['config.toml.example', renderConfigExample()],
    ['docs/configuration.md', renderConfiguration()],
    filled('docs/metrics.md', renderMetricTables()),
    filled('docs/cli.md', renderCommandHelp()),
    filled('docs/data-path.md', renderScopeTable(), renderTimeoutsTable()),
  ]);
}

/** A page with generated parts, each between two markers, in this order. */
function filled(path: string, ...parts: readonly string[]): [string, string] {
  const [before = '', ...rest] = readFileSync(join(root, path), 'utf8').split(FROM);
  if (rest.length !== parts.length) {
    throw new Error(`${path} has markers for ${rest.length} generated parts, not ${parts.length}`);
  }
  const filledParts = rest.map((text, index) => {
    const after = text.split(TO)[1];
    if (after === undefined)
      throw new Error(`${path} lacks the end of generated part ${index + 1}`);
    return `${FROM}\n\n${parts[index] ?? ''}\n\n${TO}${after}`;
  });
  return [path, [before, ...filledParts].join('')];
}
