/**
 * Runs dependency-cruiser over all code and fails on a violation of `.dependency-cruiser.mjs`, and also if it
 * did not see each of our files: with TypeScript 7 it can pass vacuously with "no violations (0 modules)".
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

import { MIB } from '@zephyr/contract/units';

const roots = ['packages', 'services'];
const files = globSync(
  roots.map((root) => `${root}/**/src/**/*.{ts,tsx}`),
  { exclude: ['**/node_modules'] },
);
const run = spawnSync(
  'node_modules/.bin/depcruise',
  ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...roots],
  { encoding: 'utf8', maxBuffer: 64 * MIB },
);
if (run.error !== undefined || run.stdout === '') {
  console.error(run.error ?? run.stderr);
  process.exit(1);
}
const { modules, summary } = JSON.parse(run.stdout) as {
  modules: { source: string }[];
  summary: {
    violations: { from: string; to: string; rule: { name: string } }[];
  };
};
for (const { from, to, rule } of summary.violations)
  console.error(`${rule.name}: ${from} -> ${to}`);
const seen = new Set(modules.map(({ source }) => source));
const unseen = files.filter((file) => !seen.has(file));
for (const file of unseen) console.error(`not checked: ${file}`);
console.log(`boundaries: ${files.length} files, ${summary.violations.length} violations`);
if (files.length === 0 || unseen.length > 0 || summary.violations.length > 0) process.exit(1);
