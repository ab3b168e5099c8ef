/**
 * `npm run simulate`: runs all rules through all worlds and prints the comparison.
 *
 *     node bench/simulate.ts [--write] [seed …]
 *
 * `--write` also writes docs/simulation.md. The published table uses the seeds below; the numbers
 * of the policy were chosen with other seeds (1 and 2).
 */
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { compareRules } from './simulation/compare.ts';
import { dayTable, simulationDocument } from './simulation/document.ts';
import { describeTable } from './simulation/report.ts';
import { targetsOf } from './simulation/targets.ts';

const PUBLISHED_SEEDS = [7, 21, 101, 202, 303];

const args = process.argv.slice(2);
const given = args.filter((arg) => arg !== '--write').map(Number);
const seeds = given.length > 0 ? given : PUBLISHED_SEEDS;
if (seeds.some((seed) => !Number.isInteger(seed))) {
  console.error('usage: node bench/simulate.ts [--write] [seed …] (seeds are whole numbers)');
  process.exit(2);
}

const startedMs = performance.now();
const comparison = await compareRules(seeds, (line) => process.stderr.write(`${line}\n`));
for (const world of comparison.worlds) {
  console.log(`\n${world.name}: ${world.about}\n${describeTable(world.figures)}`);
}
console.log(`\nall worlds\n${describeTable(comparison.mix)}`);
console.log(`\nall worlds, without prompt caches\n${describeTable(comparison.mixWithoutCaches)}\n`);
console.log(`over a day\n${dayTable(comparison)}\n`);
const targets = targetsOf(comparison);
for (const { text, isMet } of targets) console.log(`${isMet ? 'met    ' : 'NOT MET'} ${text}`);
console.log(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
if (args.includes('--write')) {
  const url = new URL('../docs/simulation.md', import.meta.url);
  writeFileSync(url, simulationDocument(comparison, { seeds, targets }));
}
