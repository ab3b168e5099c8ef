/**
 * Runs dependency-cruiser over all code and fails on a violation of `.dependency-cruiser.mjs`, and also if it
 * saw fewer modules than there are files: with TypeScript 7 it can pass vacuously with "no violations (0
 * modules)".
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

import { MIB } from '@zephyr/contract/units';

const roots = ['packages', 'services'];
const files = globSync(roots.map((root) => `${root}/**/src/**/*.ts`)).filter(
  (file) => !file.includes('node_modules'),
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
const { summary } = JSON.parse(run.stdout) as {
  summary: {
    totalCruised: number;
    violations: { from: string; to: string; rule: { name: string } }[];
  };
};
for (const { from, to, rule } of summary.violations)
  console.error(`${rule.name}: ${from} -> ${to}`);
console.log(`boundaries: ${summary.totalCruised} modules, ${summary.violations.length} violations`);
if (summary.violations.length > 0 || summary.totalCruised < files.length) process.exit(1);
